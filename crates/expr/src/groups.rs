//! One value per group of rows.

mod shares;

use std::{collections::HashMap, sync::Arc};

use arrow::{
    array::{Array, ArrayRef, AsArray, BooleanArray, Int64Array, UInt32Array},
    compute::{filter, nullif, prep_null_mask_filter},
    datatypes::{DataType, Field, Schema, UInt32Type},
    error::ArrowError,
};
use datafusion_common::{
    Result,
    tree_node::{Transformed, TreeNode, TreeNodeRecursion},
};
use datafusion_expr::{EmitTo, Expr, GroupsAccumulator, expr::AggregateFunction, ident};
use datafusion_functions_aggregate_common::aggregate::groups_accumulator::GroupsAccumulatorAdapter;
use datafusion_physical_expr::aggregate::AggregateExprBuilder;

use crate::{plan, rows::Table};

/// Which group each row is in.
pub(crate) struct Groups<'a> {
    /// The group of each row.
    pub(crate) of_rows: &'a [u32],
    /// How many groups there are.
    pub(crate) count: usize,
}

/// The value of `expression` for each group.
pub(crate) fn evaluate(expression: &Expr, table: &Table, groups: &Groups<'_>) -> Result<ArrayRef> {
    let (mut fields, mut columns) = (vec![], vec![]);
    let mut done: HashMap<Expr, Expr> = HashMap::new();
    let rest = expression.clone().transform_down(|part| {
        let Expr::AggregateFunction(call) = &part else { return Ok(Transformed::no(part)) };
        let column = if let Some(known) = done.get(&part) {
            known.clone()
        } else {
            let values = aggregated(call, table, groups)?;
            let name = format!("aggregate {}", fields.len());
            fields.push(Field::new(&name, values.data_type().clone(), true));
            columns.push(values);
            done.insert(part, ident(&name));
            ident(name)
        };
        Ok(Transformed::new(column, true, TreeNodeRecursion::Jump))
    })?;
    Table { schema: Arc::new(Schema::new(fields)), columns, rows: groups.count }.evaluate(&rest.data)
}

fn aggregated(call: &AggregateFunction, table: &Table, groups: &Groups<'_>) -> Result<ArrayRef> {
    let Some(condition) = &call.params.filter else { return unfiltered(call, table, groups) };
    let condition = prepared(table.evaluate_plain(condition)?.as_boolean());
    let chosen = UInt32Array::from_iter_values(groups.of_rows.iter().copied());
    let chosen = filter(&chosen, &condition)?;
    let columns = table.columns.iter().map(|column| filter(column, &condition)).collect::<Result<_, _>>()?;
    let table = Table { schema: Arc::clone(&table.schema), columns, rows: chosen.len() };
    let of_rows = chosen.as_primitive::<UInt32Type>().values();
    unfiltered(call, &table, &Groups { of_rows, count: groups.count })
}

fn prepared(condition: &BooleanArray) -> BooleanArray {
    if condition.null_count() > 0 { prep_null_mask_filter(condition) } else { condition.clone() }
}

fn unfiltered(call: &AggregateFunction, table: &Table, groups: &Groups<'_>) -> Result<ArrayRef> {
    let arguments = &call.params.args;
    match (call.func.name(), call.params.distinct) {
        ("distinct", _) | ("count", true) => {
            return Ok(shares::distinct(&table.evaluate(&arguments[0])?, groups)?);
        }
        ("share", _) => return Ok(shares::share(table.evaluate_plain(&arguments[0])?.as_boolean(), groups)),
        ("max_share", _) => return Ok(shares::extreme(&table.evaluate(&arguments[0])?, groups, true)?),
        ("min_share", _) => return Ok(shares::extreme(&table.evaluate(&arguments[0])?, groups, false)?),
        ("one_valued", _) => {
            let sizes = table.evaluate_plain(&arguments[1])?;
            return Ok(shares::one_valued(&table.evaluate(&arguments[0])?, sizes.as_primitive(), groups)?);
        }
        ("repeated", _) => return Ok(shares::repeated(&table.evaluate(&arguments[0])?, groups)?),
        _ => {}
    }
    let values =
        arguments.iter().map(|argument| table.evaluate_plain(argument)).collect::<Result<Vec<_>>>()?;
    if values[0].data_type() == &DataType::Null && matches!(call.func.name(), "min" | "max") {
        return Ok(arrow::array::new_null_array(&DataType::Null, groups.count));
    }
    if call.func.name() == "sum" && values[0].data_type() == &DataType::Int64 {
        return whole_sum(values[0].as_primitive(), groups);
    }
    let schema = table.schema.as_ref().clone();
    let known = plan::df_schema(&schema)?;
    let physical =
        arguments.iter().map(|argument| plan::physical(argument, &known)).collect::<Result<Vec<_>>>()?;
    let aggregate = AggregateExprBuilder::new(Arc::clone(&call.func), physical)
        .schema(Arc::new(schema))
        .alias("aggregate")
        .with_distinct(call.params.distinct)
        .build()?;
    let aggregate = Arc::new(aggregate);
    // Group accumulators add row by row; plain ones add in lanes, as many as the machine has.
    let mut states: Box<dyn GroupsAccumulator> = if aggregate.groups_accumulator_supported() {
        aggregate.create_groups_accumulator()?
    } else {
        let aggregate = Arc::clone(&aggregate);
        Box::new(GroupsAccumulatorAdapter::new(move || aggregate.create_accumulator()))
    };
    let of_rows: Vec<usize> = groups.of_rows.iter().map(|group| *group as usize).collect();
    states.update_batch(&values, &of_rows, None, groups.count)?;
    let results = states.evaluate(EmitTo::All)?;
    // Group accumulators expect each group to have rows, and tell 0 of those that have none.
    let mut empty = vec![true; groups.count];
    for group in &of_rows {
        empty[*group] = false;
    }
    if call.func.name() == "count" || !empty.contains(&true) {
        Ok(results)
    } else {
        Ok(nullif(&results, &empty.into())?)
    }
}

/// The sum of each group's integers, which is an error rather than another number where it leaves 64 bits.
fn whole_sum(values: &Int64Array, groups: &Groups<'_>) -> Result<ArrayRef> {
    let mut sums: Vec<Option<i128>> = vec![None; groups.count];
    for (group, value) in groups.of_rows.iter().zip(values) {
        if let Some(value) = value {
            *sums[*group as usize].get_or_insert(0) += i128::from(value);
        }
    }
    let narrow = |sum: i128| i64::try_from(sum).map_err(|_| ArrowError::ArithmeticOverflow("sum".to_owned()));
    let sums = sums.into_iter().map(|sum| sum.map(narrow).transpose()).collect::<Result<Int64Array, _>>()?;
    Ok(Arc::new(sums))
}
