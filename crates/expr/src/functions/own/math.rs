//! Mathematical functions that give the same answer on any machine, and null where they have no finite one.

use std::{
    hash::{Hash, Hasher},
    sync::Arc,
};

use arrow::{
    array::{ArrayRef, AsArray, Float64Array},
    datatypes::{DataType, Float64Type, Int64Type},
};
use datafusion_common::{Result, ScalarValue};
use datafusion_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility};

use super::Own;

/// A function of one number.
#[derive(Debug)]
struct Unary {
    name: &'static str,
    run: fn(f64) -> f64,
    signature: Signature,
}

/// A function of one number, by name.
type Named = (&'static str, fn(f64) -> f64);

const UNARY: [Named; 8] = [
    ("ceil", libm::ceil),
    ("floor", libm::floor),
    ("trunc", libm::trunc),
    ("sign", |x| if x == 0.0 { 0.0 } else { x.signum() }),
    ("sqrt", libm::sqrt),
    ("ln", libm::log),
    ("log10", libm::log10),
    ("exp", libm::exp),
];

pub(super) fn functions() -> Vec<ScalarUDF> {
    let unary = UNARY.map(|(name, run)| {
        ScalarUDF::from(Unary { name, run, signature: Signature::any(1, Volatility::Immutable) })
    });
    let mut all = Vec::from(unary);
    all.push(ScalarUDF::from(Own::new("round", DataType::Float64, |args| Ok(round(args)))));
    all.push(ScalarUDF::from(Own::new("power", DataType::Float64, |args| Ok(binary(args, libm::pow)))));
    all.push(ScalarUDF::from(Own::new("log", DataType::Float64, |args| Ok(binary(args, logarithm)))));
    all
}

impl PartialEq for Unary {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Unary {}

impl Hash for Unary {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name.hash(state);
    }
}

impl ScalarUDFImpl for Unary {
    fn name(&self) -> &str {
        self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Float64)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let finite = |x: f64| Some((self.run)(x)).filter(|y| y.is_finite());
        Ok(match &args.args[0] {
            ColumnarValue::Array(array) => {
                let numbers: Float64Array = array.as_primitive::<Float64Type>().unary_opt(finite);
                ColumnarValue::Array(Arc::new(numbers))
            }
            ColumnarValue::Scalar(ScalarValue::Float64(number)) => {
                ColumnarValue::Scalar(ScalarValue::Float64(number.and_then(finite)))
            }
            ColumnarValue::Scalar(_) => ColumnarValue::Scalar(ScalarValue::Float64(None)),
        })
    }
}

fn binary(args: &[ArrayRef], run: impl Fn(f64, f64) -> f64) -> ArrayRef {
    let (left, right) = (args[0].as_primitive::<Float64Type>(), args[1].as_primitive::<Float64Type>());
    let numbers: Float64Array =
        left.iter().zip(right).map(|(x, y)| Some(run(x?, y?)).filter(|z| z.is_finite())).collect();
    Arc::new(numbers)
}

const TWO: u64 = 2_f64.to_bits();
const TEN: u64 = 10_f64.to_bits();

fn logarithm(base: f64, x: f64) -> f64 {
    // The common bases have functions of their own, which are exact for their powers.
    match base.to_bits() {
        TWO => libm::log2(x),
        TEN => libm::log10(x),
        _ => libm::log(x) / libm::log(base),
    }
}

/// The powers of ten that are exact.
const TENS: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18,
    1e19, 1e20, 1e21, 1e22,
];

fn round(args: &[ArrayRef]) -> ArrayRef {
    let numbers = args[0].as_primitive::<Float64Type>();
    let rounded: Float64Array = match args.get(1) {
        None => numbers.unary(libm::round),
        Some(digits) => numbers
            .iter()
            .zip(digits.as_primitive::<Int64Type>())
            .map(|(number, digits)| Some(round_to(number?, digits?)))
            .collect(),
    };
    Arc::new(rounded)
}

fn round_to(number: f64, digits: i64) -> f64 {
    let Some(scale) = usize::try_from(digits.unsigned_abs()).ok().and_then(|digits| TENS.get(digits)) else {
        return if digits < 0 { 0.0 } else { number };
    };
    let rounded =
        if digits < 0 { libm::round(number / scale) * scale } else { libm::round(number * scale) / scale };
    if rounded.is_finite() { rounded } else { number }
}
