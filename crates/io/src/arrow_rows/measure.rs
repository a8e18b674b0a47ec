//! How many bytes values take in Arrow.

use arrow::{
    array::{Array, AsArray, RecordBatch},
    datatypes::DataType,
};

/// The bytes of a plain array's buffers, for the rows that it has.
///
/// This is what `datasets` counts as `num_bytes`: values, offsets, and a bit a value where some are null.
pub(crate) fn bytes(array: &dyn Array) -> u64 {
    let length = array.len();
    let nulls = if array.null_count() > 0 { length.div_ceil(8) } else { 0 };
    let range = |offsets: &[i32]| (offsets[0] as usize, (offsets[length] - offsets[0]) as usize);
    let values = match array.data_type() {
        DataType::Null => 0,
        DataType::Boolean => length.div_ceil(8) as u64,
        DataType::Utf8 => (4 * length + range(array.as_string::<i32>().value_offsets()).1) as u64,
        DataType::Binary => (4 * length + range(array.as_binary::<i32>().value_offsets()).1) as u64,
        DataType::List(_) => {
            let list = array.as_list::<i32>();
            let (first, count) = range(list.value_offsets());
            (4 * length) as u64 + bytes(&list.values().slice(first, count))
        }
        DataType::Struct(_) => array.as_struct().columns().iter().map(|column| bytes(column)).sum(),
        other => (other.primitive_width().unwrap_or(0) * length) as u64,
    };
    values + nulls as u64
}

/// The bytes of a batch of plain columns.
pub(crate) fn batch_bytes(batch: &RecordBatch) -> u64 {
    batch.columns().iter().map(|column| bytes(column)).sum()
}

/// About how many bytes each row of a batch takes; depends on nothing but the row.
pub(crate) fn row_bytes(batch: &RecordBatch) -> Vec<u64> {
    let mut sizes = vec![0; batch.num_rows()];
    for column in batch.columns() {
        add(column, &mut sizes);
    }
    sizes
}

/// Adds what each value of a plain array takes to `sizes`.
fn add(array: &dyn Array, sizes: &mut [u64]) {
    let texts = |offsets: &[i32], sizes: &mut [u64]| {
        for (size, ends) in sizes.iter_mut().zip(offsets.windows(2)) {
            *size += 4 + (ends[1] - ends[0]) as u64;
        }
    };
    match array.data_type() {
        DataType::Utf8 => texts(array.as_string::<i32>().value_offsets(), sizes),
        DataType::Binary => texts(array.as_binary::<i32>().value_offsets(), sizes),
        DataType::List(_) => {
            let list = array.as_list::<i32>();
            let mut items = vec![0; list.values().len()];
            add(list.values(), &mut items);
            for (size, ends) in sizes.iter_mut().zip(list.value_offsets().windows(2)) {
                *size += 4 + items[ends[0] as usize..ends[1] as usize].iter().sum::<u64>();
            }
        }
        DataType::Struct(_) => array.as_struct().columns().iter().for_each(|column| add(column, sizes)),
        other => {
            let width = other.primitive_width().unwrap_or(1) as u64;
            for size in sizes {
                *size += width;
            }
        }
    }
}
