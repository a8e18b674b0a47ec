//! Our own functions, and how they are told to DataFusion.

mod lists;
mod math;
mod values;

use std::{
    hash::{Hash, Hasher},
    sync::Arc,
};

use arrow::{array::ArrayRef, datatypes::DataType};
use datafusion_common::{Result, ScalarValue, not_impl_err};
use datafusion_expr::{
    Accumulator, AggregateUDF, AggregateUDFImpl, ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl,
    Signature, Volatility, function::AccumulatorArgs,
};

/// A scalar function whose arguments have been made the kinds that the table asks for.
#[derive(Debug)]
struct Own {
    name: &'static str,
    gives: DataType,
    run: fn(&[ArrayRef]) -> Result<ArrayRef>,
    signature: Signature,
}

/// All of our scalar functions.
pub(super) fn scalars() -> Vec<Arc<ScalarUDF>> {
    let mut all = math::functions();
    let number = DataType::Float64;
    all.extend([
        ScalarUDF::from(Own::new("number", number.clone(), values::number)),
        ScalarUDF::from(Own::new("text", DataType::Utf8, values::text)),
        ScalarUDF::from(Own::new("length", DataType::Int64, values::length)),
        ScalarUDF::from(Own::new("array_length", DataType::Int64, values::length)),
        ScalarUDF::from(Own::new("cardinality", DataType::Int64, values::length)),
        ScalarUDF::from(Own::new("array_sum", number.clone(), |args| Ok(lists::sum(args)))),
        ScalarUDF::from(Own::new("array_avg", number, |args| Ok(lists::average(args)))),
    ]);
    all.into_iter().map(Arc::new).collect()
}

impl Own {
    fn new(name: &'static str, gives: DataType, run: fn(&[ArrayRef]) -> Result<ArrayRef>) -> Self {
        Self { name, gives, run, signature: Signature::variadic_any(Volatility::Immutable) }
    }
}

impl PartialEq for Own {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Own {}

impl Hash for Own {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name.hash(state);
    }
}

impl ScalarUDFImpl for Own {
    fn name(&self) -> &str {
        self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(self.gives.clone())
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let constant = args.args.iter().all(|argument| matches!(argument, ColumnarValue::Scalar(_)));
        let result = (self.run)(&ColumnarValue::values_to_arrays(&args.args)?)?;
        Ok(if constant {
            ColumnarValue::Scalar(ScalarValue::try_from_array(&result, 0)?)
        } else {
            ColumnarValue::Array(result)
        })
    }
}

/// An aggregate that DataFusion has to know by name and type only: we compute it ourselves.
#[derive(Debug, PartialEq, Eq, Hash)]
struct OwnAggregate {
    name: &'static str,
    gives: DataType,
    signature: Signature,
}

/// All of our aggregates.
pub(super) fn aggregates() -> Vec<Arc<AggregateUDF>> {
    [
        ("distinct", 1, DataType::Int64),
        ("share", 1, DataType::Float64),
        ("max_share", 1, DataType::Float64),
        ("min_share", 1, DataType::Float64),
        ("one_valued", 2, DataType::Float64),
        ("repeated", 1, DataType::Float64),
    ]
    .map(|(name, arguments, gives)| {
        let signature = Signature::any(arguments, Volatility::Immutable);
        Arc::new(AggregateUDF::from(OwnAggregate { name, gives, signature }))
    })
    .to_vec()
}

impl AggregateUDFImpl for OwnAggregate {
    fn name(&self) -> &str {
        self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(self.gives.clone())
    }

    fn accumulator(&self, _: AccumulatorArgs) -> Result<Box<dyn Accumulator>> {
        not_impl_err!("`{}` is computed by us", self.name)
    }
}
