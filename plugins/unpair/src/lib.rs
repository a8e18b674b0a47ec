//! Takes pairs apart.

#![cfg_attr(test, allow(clippy::unwrap_used))]

use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanArray};
use schemars::JsonSchema;
use serde::Deserialize;
use unskew_strategy::{Gives, Input, Native, Need, Result, Role, Roles, Selection, Strategy};

#[cfg(test)]
mod tests;

/// The plugin.
pub static PLUGIN: Native<Unpair> =
    Native::new("unpair", env!("CARGO_PKG_VERSION"), "Make single rows of pairs", EXAMPLE);

const EXAMPLE: &str = r#"{
    "options": {},
    "rows": [{}, {}],
    "chooses": [0, 0, 1, 1]
}"#;

/// The column that tells better rows from worse ones.
const LABEL: &str = "label";

/// Makes two rows of each pair, the better one first, with a column `label` that is true for the better ones.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("properties" = {}))]
pub struct Unpair {}

impl Strategy for Unpair {
    fn needs(&self) -> Vec<Need> {
        vec![]
    }

    fn gives(&self) -> Gives {
        let columns = vec![LABEL.to_owned()];
        Gives { roles: Roles::Single, columns, repeats: true, ..Gives::default() }
    }

    fn run(&self, input: &Input) -> Result<Selection> {
        let (mut positions, mut roles) = (vec![], vec![]);
        for pair in 0..input.len() as u32 {
            positions.extend([pair, pair]);
            roles.extend([Role::Chosen, Role::Rejected]);
        }
        let label: BooleanArray = roles.iter().map(|role| Some(*role == Role::Chosen)).collect();
        Ok(Selection::unpair(positions, roles).column(LABEL, Arc::new(label) as ArrayRef))
    }
}
