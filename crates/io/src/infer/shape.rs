//! The type of a column, however it was found, and how two of them become one.

use std::{cmp, sync::Arc};

use arrow::datatypes::{DataType, Field, Fields, TimeUnit};

use super::place;

/// What a place holds: from JSON values or from an Arrow type.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Shape {
    /// Nothing but nulls.
    Null,
    /// One of the plain types without parts.
    Plain(DataType),
    /// Lists.
    List(Box<Shape>),
    /// Objects with these members.
    Struct(Vec<(String, Shape)>),
    /// Values that no type holds together, for this reason.
    Json(String),
}

impl Shape {
    /// The shape that holds what an Arrow column of type `data_type` holds.
    pub(super) fn of(data_type: &DataType) -> Self {
        use DataType::{
            Binary, BinaryView, Boolean, Date32, Date64, Decimal32, Decimal64, Decimal128, Decimal256,
            Dictionary, Duration, FixedSizeBinary, FixedSizeList, Float16, Float32, Float64, Int8, Int16,
            Int32, Int64, Interval, LargeBinary, LargeList, LargeListView, LargeUtf8, List, ListView, Map,
            Null, RunEndEncoded, Struct, Time32, Time64, Timestamp, UInt8, UInt16, UInt32, UInt64, Union,
            Utf8, Utf8View,
        };
        match data_type {
            Null => Self::Null,
            Boolean
            | Int8
            | Int16
            | Int32
            | Int64
            | UInt8
            | UInt16
            | UInt32
            | UInt64
            | Float16
            | Float32
            | Float64
            | Time64(_)
            | Duration(_)
            | Decimal256(_, 0..) => Self::Plain(data_type.clone()),
            Date32 | Date64 => Self::Plain(Date32),
            Time32(_) => Self::Plain(Time32(TimeUnit::Millisecond)),
            Timestamp(TimeUnit::Second, zone) => Self::timestamp(TimeUnit::Millisecond, zone.is_some()),
            Timestamp(unit, zone) => Self::timestamp(*unit, zone.is_some()),
            Decimal32(precision, scale @ 0..)
            | Decimal64(precision, scale @ 0..)
            | Decimal128(precision, scale @ 0..) => Self::Plain(Decimal128(*precision, *scale)),

            // Decimals that are left count tens or hundreds, which Parquet does not.
            Utf8 | LargeUtf8 | Utf8View | Interval(_) | Decimal32(..) | Decimal64(..) | Decimal128(..)
            | Decimal256(..) => Self::Plain(Utf8),
            Binary | LargeBinary | BinaryView | FixedSizeBinary(_) => Self::Plain(Binary),
            List(field)
            | LargeList(field)
            | ListView(field)
            | LargeListView(field)
            | FixedSizeList(field, _) => Self::List(Box::new(Self::of(field.data_type()))),
            Struct(fields) if fields.is_empty() => Self::Json("objects without members".into()),
            Struct(fields) => Self::Struct(Self::members(fields)),
            Map(..) => Self::Json("maps, whose keys are data".into()),
            Dictionary(_, values) => Self::of(values),
            RunEndEncoded(_, values) => Self::of(values.data_type()),
            Union(..) => Self::Json("values of type union".into()),
        }
    }

    /// The shapes of an Arrow struct's or schema's fields.
    pub(super) fn members(fields: &Fields) -> Vec<(String, Self)> {
        fields.iter().map(|field| (field.name().clone(), Self::of(field.data_type()))).collect()
    }

    fn timestamp(unit: TimeUnit, zone: bool) -> Self {
        Self::Plain(DataType::Timestamp(unit, zone.then(|| "UTC".into())))
    }

    /// How many columns without parts it takes.
    pub(super) fn leaves(&self) -> usize {
        match self {
            Self::Struct(members) => members.iter().map(|(_, shape)| shape.leaves()).sum(),
            Self::List(items) => items.leaves(),
            _ => 1,
        }
    }

    /// The shape that holds what either holds.
    pub(super) fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::Null, shape) | (shape, Self::Null) => shape,
            (Self::Json(reason), _) | (_, Self::Json(reason)) => Self::Json(reason),
            (Self::Plain(one), Self::Plain(other)) => plain(one, other),
            (Self::List(one), Self::List(other)) => Self::List(Box::new(one.or(*other))),
            (Self::Struct(one), Self::Struct(other)) => Self::Struct(merge(one, other)),
            (one, other) => Self::Json(format!("{} and {}", one.noun(), other.noun())),
        }
    }

    fn noun(&self) -> String {
        match self {
            Self::Null => "nulls".into(),
            Self::Plain(DataType::Utf8) => "texts".into(),
            Self::Plain(DataType::Boolean) => "booleans".into(),
            Self::Plain(data_type) if data_type.is_numeric() => "numbers".into(),
            Self::Plain(data_type) => format!("values of type {data_type}"),
            Self::List(_) => "lists".into(),
            Self::Struct(_) => "objects".into(),
            Self::Json(_) => "mixed values".into(),
        }
    }

    /// The type for Parquet; places that become JSON text are added to `as_json`.
    ///
    /// A place with nothing but nulls is text: not every reader loads columns of type null.
    pub(super) fn data_type(self, path: &str, as_json: &mut Vec<(String, String)>) -> DataType {
        match self {
            Self::Null => DataType::Utf8,
            Self::Plain(data_type) => data_type,
            Self::List(items) => {
                let items = items.data_type(&place::item(path), as_json);
                DataType::List(Arc::new(Field::new_list_field(items, true)))
            }
            Self::Struct(members) => DataType::Struct(fields(members, path, as_json)),
            Self::Json(reason) => {
                as_json.push((path.to_owned(), reason));
                DataType::Utf8
            }
        }
    }
}

/// The columns of both, in the order in which they first appear.
pub(super) fn merge(mut one: Vec<(String, Shape)>, other: Vec<(String, Shape)>) -> Vec<(String, Shape)> {
    let mut places: std::collections::HashMap<String, usize> =
        one.iter().enumerate().map(|(place, (name, _))| (name.clone(), place)).collect();
    for (name, shape) in other {
        if let Some(place) = places.get(&name) {
            let known = std::mem::replace(&mut one[*place].1, Shape::Null);
            one[*place].1 = known.or(shape);
        } else {
            places.insert(name.clone(), one.len());
            one.push((name, shape));
        }
    }
    one
}

/// The fields that hold `members`.
pub(super) fn fields(
    members: Vec<(String, Shape)>,
    path: &str,
    as_json: &mut Vec<(String, String)>,
) -> Fields {
    let field = |(name, shape): (String, Shape)| {
        let data_type = shape.data_type(&place::member(path, &name), as_json);
        Field::new(name, data_type, true)
    };
    members.into_iter().map(field).collect()
}

/// One type for values of two plain ones; text where JSON would have text for both.
fn plain(one: DataType, other: DataType) -> Shape {
    use DataType::{Boolean, Decimal128, Float64, Int64, Timestamp, UInt64, Utf8};
    Shape::Plain(match (&one, &other) {
        _ if one == other => one,
        (UInt64, integer) | (integer, UInt64) if integer.is_unsigned_integer() => UInt64,
        (UInt64, integer) | (integer, UInt64) if integer.is_integer() => {
            return Shape::Json("signed and unsigned 64-bit integers".into());
        }
        _ if one.is_integer() && other.is_integer() => Int64,
        _ if number(&one) && number(&other) => Float64,
        (Timestamp(fine, zone), Timestamp(coarse, same)) if zone == same => {
            Timestamp(cmp::max(*fine, *coarse), zone.clone())
        }
        (Decimal128(precision, scale), Decimal128(others, same)) if scale == same => {
            Decimal128(*cmp::max(precision, others), *scale)
        }
        (Boolean, _) | (_, Boolean) => return conflict(one, other),
        _ if in_text(&one) && in_text(&other) => Utf8,
        _ => return conflict(one, other),
    })
}

fn conflict(one: DataType, other: DataType) -> Shape {
    Shape::Json(format!("{} and {}", Shape::Plain(one).noun(), Shape::Plain(other).noun()))
}

fn number(data_type: &DataType) -> bool {
    data_type.is_integer() || data_type.is_floating()
}

/// Whether JSON has text for values of this type.
fn in_text(data_type: &DataType) -> bool {
    use DataType::{Binary, Date32, Duration, Time32, Time64, Timestamp, Utf8};
    matches!(data_type, Utf8 | Binary | Date32 | Time32(_) | Time64(_) | Timestamp(..) | Duration(_))
}
