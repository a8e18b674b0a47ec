//! Which of DataFusion's functions, or of our own, stands behind a name.

use std::{
    collections::HashMap,
    sync::{Arc, LazyLock},
};

use datafusion_expr::{AggregateUDF, HigherOrderUDF, ScalarUDF, Volatility};

use super::{Function, find, functions, own};

struct Registry {
    scalars: HashMap<&'static str, Arc<ScalarUDF>>,
    higher_order: HashMap<&'static str, Arc<HigherOrderUDF>>,
    aggregates: HashMap<&'static str, Arc<AggregateUDF>>,
    /// By the name that the implementation has for itself.
    behind: HashMap<String, &'static Function>,
}

static REGISTRY: LazyLock<Registry> = LazyLock::new(Registry::new);

impl Registry {
    fn new() -> Self {
        let mut registry = Self {
            scalars: HashMap::new(),
            higher_order: HashMap::new(),
            aggregates: HashMap::new(),
            behind: HashMap::new(),
        };
        let mut scalars = own::scalars();
        scalars.extend(datafusion_functions::all_default_functions());
        scalars.extend(datafusion_functions_nested::all_default_nested_functions());
        let higher_order = datafusion_functions_nested::all_default_higher_order_functions();
        let mut aggregates = own::aggregates();
        aggregates.extend(datafusion_functions_aggregate::all_default_aggregate_functions());
        for function in functions() {
            let name = function.name;
            let sought = if name == "quantile" { "percentile_cont" } else { name };
            let called =
                |own: &str, aliases: &[String]| own == sought || aliases.iter().any(|alias| alias == sought);
            let implementation = if function.aggregate {
                aggregates.iter().find(|udf| called(udf.name(), udf.aliases())).map(|udf| {
                    registry.aggregates.insert(name, Arc::clone(udf));
                    udf.name()
                })
            } else if let Some(udf) = scalars.iter().find(|udf| called(udf.name(), udf.aliases())) {
                assert_eq!(
                    udf.signature().volatility,
                    Volatility::Immutable,
                    "`{name}` depends on its arguments alone"
                );
                registry.scalars.insert(name, Arc::clone(udf));
                Some(udf.name())
            } else {
                higher_order.iter().find(|udf| called(udf.name(), udf.aliases())).map(|udf| {
                    registry.higher_order.insert(name, Arc::clone(udf));
                    udf.name()
                })
            };
            let implementation = implementation.expect("every function of the table has an implementation");
            registry.behind.insert(implementation.to_owned(), function);
        }
        // What `[1, 2]` stands for; it has no name in the table, so it cannot be called.
        registry.scalars.insert("make_array", datafusion_functions_nested::make_array::make_array_udf());
        registry
    }
}

/// The scalar function called `name`.
pub(crate) fn scalar(name: &str) -> Option<Arc<ScalarUDF>> {
    REGISTRY.scalars.get(name).cloned()
}

/// The function of lists and lambdas called `name`.
pub(crate) fn higher_order(name: &str) -> Option<Arc<HigherOrderUDF>> {
    REGISTRY.higher_order.get(name).cloned()
}

/// The aggregate called `name`.
pub(crate) fn aggregate(name: &str) -> Option<Arc<AggregateUDF>> {
    REGISTRY.aggregates.get(name).cloned()
}

/// What the table says of the function that DataFusion calls `name`.
pub(crate) fn by_implementation(name: &str) -> Option<&'static Function> {
    REGISTRY.behind.get(name).copied().or_else(|| find(name))
}
