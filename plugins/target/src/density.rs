//! How the values of an expression are to be distributed.

use std::{borrow::Cow, fmt};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{
    Deserialize, Deserializer,
    de::{Error as _, MapAccess, Visitor, value::MapAccessDeserializer},
};
use unskew_strategy::{Error, Result};

/// How the values of `over` are to be distributed.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum Density {
    /// Most at the mean, and fewer the further away: `{mean: 0.5, deviation: 0.15}`.
    Gaussian(Gaussian),
    /// A beta distribution, of values from 0 to 1: `{alpha: 2, beta: 4}`.
    Beta(Beta),
    /// The same everywhere between two ends, and nothing outside: `{above: 0, below: 1}`.
    Band(Band),
}

/// A bell.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(inline)]
pub struct Gaussian {
    /// Where most values are; `{from: 0.9, to: 0.1}` lets it move from the first to the last row.
    pub mean: Mean,
    /// The standard deviation.
    pub deviation: f64,
}

/// A beta distribution.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(inline)]
pub struct Beta {
    /// The more, the fewer values near 0; at least 1.
    pub alpha: f64,
    /// The more, the fewer values near 1; at least 1.
    pub beta: f64,
}

/// What lies between two ends, which are outside.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(inline)]
pub struct Band {
    /// Values must be above this.
    #[serde(default)]
    pub above: Option<f64>,
    /// Values must be below this.
    #[serde(default)]
    pub below: Option<f64>,
}

/// A mean that stays, or moves in even steps.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Mean {
    /// Where it is at the first row.
    pub from: f64,
    /// Where it is at the last row.
    pub to: f64,
}

impl Density {
    /// Refuses numbers that make no distribution.
    pub fn check(&self) -> Result<()> {
        match *self {
            Self::Gaussian(Gaussian { mean, deviation }) => {
                if !(deviation > 0.0 && deviation.is_finite()) {
                    return Err(Error::option("gaussian.deviation", "`deviation` must be above 0"));
                }
                if !(mean.from.is_finite() && mean.to.is_finite()) {
                    return Err(Error::option("gaussian.mean", "the mean must be finite"));
                }
                Ok(())
            }
            Self::Beta(Beta { alpha, beta }) => {
                for (path, number) in [("beta.alpha", alpha), ("beta.beta", beta)] {
                    if !(number >= 1.0 && number.is_finite()) {
                        return Err(Error::option(path, format!("{number} is not 1 or more"))
                            .hint("below 1 the density has no end at 0 or 1"));
                    }
                }
                Ok(())
            }
            Self::Band(Band { above: None, below: None }) => {
                Err(Error::option("band", "`band` has no ends").hint("write `band: {above: 0, below: 1}`"))
            }
            Self::Band(Band { above: Some(above), below: Some(below) }) if above >= below => {
                Err(Error::option("band", format!("no value is above {above} and below {below}")))
            }
            Self::Band(_) => Ok(()),
        }
    }

    /// The mean, if it moves.
    pub fn moving(&self) -> Option<Mean> {
        match self {
            Self::Gaussian(Gaussian { mean, .. }) if mean.moves() => Some(*mean),
            _ => None,
        }
    }

    /// Whether there is any density at a value.
    pub fn holds(&self, value: f64) -> bool {
        match self {
            Self::Gaussian(_) => true,
            Self::Beta(_) => self.at(value, 0.0) > f64::NEG_INFINITY,
            Self::Band(Band { above, below }) => {
                above.is_none_or(|above| value > above) && below.is_none_or(|below| value < below)
            }
        }
    }

    /// The logarithm of the density at a value, but for a constant, at a time from 0 to 1.
    pub fn at(&self, value: f64, time: f64) -> f64 {
        /// Squares of this are finite.
        const FAR: f64 = 1e150;
        match *self {
            Self::Gaussian(Gaussian { mean, deviation }) => {
                let off = ((value - mean.at(time)) / deviation).clamp(-FAR, FAR);
                -0.5 * off * off
            }
            Self::Beta(_) if !(0.0..=1.0).contains(&value) => f64::NEG_INFINITY,
            Self::Beta(Beta { alpha, beta }) => {
                let part = |power: f64, base: f64| if power == 0.0 { 0.0 } else { power * libm::log(base) };
                part(alpha - 1.0, value) + part(beta - 1.0, 1.0 - value)
            }
            Self::Band(_) => 0.0,
        }
    }
}

impl Mean {
    /// Whether it is elsewhere in the end.
    fn moves(self) -> bool {
        self.from.total_cmp(&self.to).is_ne()
    }

    /// Where it is at a time from 0 to 1.
    pub fn at(self, time: f64) -> f64 {
        self.from + (self.to - self.from) * time
    }
}

impl<'de> Deserialize<'de> for Mean {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NumberOrWay)
    }
}

struct NumberOrWay;

/// From where to where a mean moves.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Way {
    from: f64,
    to: f64,
}

impl<'de> Visitor<'de> for NumberOrWay {
    type Value = Mean;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number, or {from: …, to: …}")
    }

    fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<Mean, E> {
        self.visit_f64(number as f64)
    }

    fn visit_i64<E: serde::de::Error>(self, number: i64) -> Result<Mean, E> {
        self.visit_f64(number as f64)
    }

    fn visit_f64<E: serde::de::Error>(self, number: f64) -> Result<Mean, E> {
        Ok(Mean { from: number, to: number })
    }

    fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<Mean, A::Error> {
        let Way { from, to } = Way::deserialize(MapAccessDeserializer::new(members))?;
        let mean = Mean { from, to };
        if mean.moves() {
            Ok(mean)
        } else {
            Err(A::Error::custom(format!("the mean does not move; write `mean: {from}`")))
        }
    }
}

impl JsonSchema for Mean {
    fn schema_name() -> Cow<'static, str> {
        "Mean".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "anyOf": [
                {"type": "number"},
                {
                    "type": "object",
                    "properties": {"from": {"type": "number"}, "to": {"type": "number"}},
                    "required": ["from", "to"],
                    "additionalProperties": false,
                },
            ],
        })
    }

    fn inline_schema() -> bool {
        true
    }
}
