//! From a syntax tree and the types of its columns to something that runs.

use std::{
    collections::BTreeMap,
    ops::ControlFlow,
    sync::{Arc, LazyLock},
};

use arrow::datatypes::{DataType, Schema};
use datafusion_common::{
    DFSchema, DataFusionError, Result as Planned, TableReference,
    config::ConfigOptions,
    not_impl_err,
    tree_node::{Transformed, TreeNode},
};
use datafusion_expr::{
    AggregateUDF, Expr, HigherOrderUDF, ScalarUDF, TableSource, WindowUDF,
    execution_props::ExecutionProps,
    physical_planning_context::PhysicalPlanningContext,
    planner::{ContextProvider, ExprPlanner},
    simplify::SimplifyContext,
};
use datafusion_optimizer::simplify_expressions::ExprSimplifier;
use datafusion_physical_expr::{PhysicalExpr, create_physical_expr, expressions::BinaryExpr};
use datafusion_sql::{
    planner::{ParserOptions, PlannerContext, SqlToRel},
    sqlparser::ast::{Expr as Tree, Visit, Visitor},
};

use crate::{Error, Value, functions, syntax, types};

/// Plans `tree`, which was parsed from `text`, over columns of the types in `schema`.
pub(crate) fn plan(
    text: &str,
    tree: &Tree,
    schema: &DFSchema,
    constants: &BTreeMap<String, Value>,
) -> Result<Expr, Error> {
    typed(tree, schema, constants).map_err(|error| {
        let (span, error) = innermost(text, tree, schema, constants).unwrap_or((None, error));
        Error { span, ..explained(text, &error) }
    })
}

fn typed(tree: &Tree, schema: &DFSchema, constants: &BTreeMap<String, Value>) -> Planned<Expr> {
    let options =
        ParserOptions::new().with_enable_ident_normalization(false).with_map_string_types_to_utf8view(false);
    let planner = SqlToRel::new_with_options(&*OURS, options);
    let expression = planner.sql_to_expr(tree.clone(), schema, &mut PlannerContext::new())?;
    let expression = expression.transform_up(|expression| match &expression {
        Expr::Column(column) => Ok(match constants.get(&column.name) {
            Some(value) => Transformed::yes(Expr::Literal(value.scalar(), None)),
            None => Transformed::no(expression),
        }),
        _ => Ok(Transformed::no(expression)),
    })?;
    let expression = types::checked(expression.data, schema)?;
    let simplifier =
        ExprSimplifier::new(SimplifyContext::builder().with_schema(Arc::new(schema.clone())).build());
    simplifier.simplify(simplifier.coerce(expression, schema)?)
}

/// Makes `expression` run; integers that overflow are an error rather than another number.
pub(crate) fn physical(expression: &Expr, schema: &DFSchema) -> Planned<Arc<dyn PhysicalExpr>> {
    let physical = create_physical_expr(
        expression,
        schema,
        &ExecutionProps::new(),
        &PhysicalPlanningContext::default(),
    )?;
    let checked = physical.transform_up(|node| {
        let Some(binary) = node.downcast_ref::<BinaryExpr>() else { return Ok(Transformed::no(node)) };
        let binary = BinaryExpr::new(Arc::clone(binary.left()), *binary.op(), Arc::clone(binary.right()));
        Ok(Transformed::yes(Arc::new(binary.with_fail_on_overflow(true)) as Arc<dyn PhysicalExpr>))
    })?;
    Ok(checked.data)
}

/// The smallest part of `tree` that cannot be planned, and why.
fn innermost(
    text: &str,
    tree: &Tree,
    schema: &DFSchema,
    constants: &BTreeMap<String, Value>,
) -> Option<(Option<std::ops::Range<usize>>, DataFusionError)> {
    struct Search<F> {
        lambdas: usize,
        tried: usize,
        plan: F,
    }
    impl<F: Fn(&Tree) -> Option<DataFusionError>> Visitor for Search<F> {
        type Break = Option<(Tree, DataFusionError)>;

        fn pre_visit_expr(&mut self, tree: &Tree) -> ControlFlow<Self::Break> {
            self.lambdas += usize::from(matches!(tree, Tree::Lambda(_)));
            ControlFlow::Continue(())
        }

        fn post_visit_expr(&mut self, tree: &Tree) -> ControlFlow<Self::Break> {
            if matches!(tree, Tree::Lambda(_)) {
                self.lambdas -= 1;
                return ControlFlow::Continue(());
            }
            if self.lambdas > 0 {
                return ControlFlow::Continue(());
            }
            self.tried += 1;
            if self.tried > MOST_TRIED {
                return ControlFlow::Break(None);
            }
            match (self.plan)(tree) {
                Some(error) => ControlFlow::Break(Some((tree.clone(), error))),
                None => ControlFlow::Continue(()),
            }
        }
    }
    let mut search =
        Search { lambdas: 0, tried: 0, plan: |tree: &Tree| typed(tree, schema, constants).err() };
    match tree.visit(&mut search) {
        ControlFlow::Break(Some((tree, error))) => Some((syntax::span_of(text, &tree), error)),
        _ => None,
    }
}

/// How many parts of an expression are tried to find the one at fault.
const MOST_TRIED: usize = 200;

/// DataFusion's error in our words.
pub(crate) fn explained(text: &str, error: &DataFusionError) -> Error {
    let message = match error.find_root() {
        DataFusionError::Plan(message)
        | DataFusionError::Execution(message)
        | DataFusionError::NotImplemented(message)
        | DataFusionError::Internal(message) => message.clone(),
        DataFusionError::ArrowError(error, _) => arrow_message(error),
        other => other.strip_backtrace(),
    };
    let message = message.split("\n\nbacktrace:").next().unwrap_or_default();
    if message.starts_with("Unary operator 'NOT'") {
        return Error::new("`not` wants a condition", text, None).hint("write a comparison");
    }
    let message = message.lines().next().unwrap_or_default().trim().trim_end_matches('.');
    match message.split_once("; ") {
        Some((message, hint)) => Error::new(syntax::lowered(message), text, None).hint(hint),
        None => Error::new(syntax::lowered(message), text, None),
    }
}

const OVERFLOW: &str =
    "an integer leaves the range of 64 bits; write `cast(x as double)` to reckon with floats";

fn arrow_message(error: &arrow::error::ArrowError) -> String {
    use arrow::error::ArrowError as Arrow;
    match error {
        Arrow::ArithmeticOverflow(_) => OVERFLOW.to_owned(),
        Arrow::ComputeError(message) if message.contains("overflow") => OVERFLOW.to_owned(),
        Arrow::CastError(message) | Arrow::ComputeError(message) | Arrow::InvalidArgumentError(message) => {
            message.clone()
        }
        other => other.to_string(),
    }
}

/// The types that planning takes a table's columns to have: a dictionary is what its values are.
pub(crate) fn planned_type(data_type: &DataType) -> DataType {
    match data_type {
        DataType::Dictionary(_, value) => planned_type(value),
        DataType::LargeUtf8 | DataType::Utf8View => DataType::Utf8,
        other if other.is_integer() => DataType::Int64,
        DataType::Float32 | DataType::Float16 => DataType::Float64,
        other => other.clone(),
    }
}

pub(crate) fn df_schema(schema: &Schema) -> Planned<DFSchema> {
    DFSchema::try_from(schema.clone())
}

/// What DataFusion's planner may use.
struct Ours {
    options: ConfigOptions,
    planners: Vec<Arc<dyn ExprPlanner>>,
}

static OURS: LazyLock<Ours> = LazyLock::new(|| Ours {
    options: ConfigOptions::default(),
    planners: vec![Arc::new(datafusion_functions_nested::planner::NestedFunctionPlanner)],
});

impl ContextProvider for Ours {
    fn get_table_source(&self, _: TableReference) -> Planned<Arc<dyn TableSource>> {
        not_impl_err!("an expression has no tables")
    }

    fn get_expr_planners(&self) -> &[Arc<dyn ExprPlanner>] {
        &self.planners
    }

    fn get_function_meta(&self, name: &str) -> Option<Arc<ScalarUDF>> {
        functions::scalar(name)
    }

    fn get_higher_order_meta(&self, name: &str) -> Option<Arc<HigherOrderUDF>> {
        functions::higher_order(name)
    }

    fn get_aggregate_meta(&self, name: &str) -> Option<Arc<AggregateUDF>> {
        functions::aggregate(name)
    }

    fn get_window_meta(&self, _: &str) -> Option<Arc<WindowUDF>> {
        None
    }

    fn get_variable_type(&self, _: &[String]) -> Option<DataType> {
        None
    }

    fn options(&self) -> &ConfigOptions {
        &self.options
    }

    fn udf_names(&self) -> Vec<String> {
        vec![]
    }

    fn higher_order_function_names(&self) -> Vec<String> {
        vec![]
    }

    fn udaf_names(&self) -> Vec<String> {
        vec![]
    }

    fn udwf_names(&self) -> Vec<String> {
        vec![]
    }
}
