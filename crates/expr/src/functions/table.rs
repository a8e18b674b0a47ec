//! Every function there is.

use super::Function;
use super::Kind::{Alike, Any, Lambda, List, Number, Real, Reals, Sized, Text, Truth, Whole};

macro_rules! functions {
    ($($signature:literal: $summary:literal, $example:literal => $result:literal,
        $name:ident [$($kind:ident),*] $($option:ident)?;)*) => {
        [$(Function {
            name: stringify!($name),
            signature: $signature,
            summary: $summary,
            example: $example,
            result: $result,
            aggregate: false,
            arguments: &[$($kind),*],
            optional: functions!(@optional $($option)?),
            repeats: functions!(@repeats $($option)?),
        }),*]
    };
    (@optional optional) => { 1 };
    (@optional $($other:ident)?) => { 0 };
    (@repeats repeats) => { true };
    (@repeats $($other:ident)?) => { false };
}

const SCALARS: [Function; SCALAR_COUNT] = functions! {
    "coalesce(x, y, …)": "The first argument that is not null.", "coalesce(null, 'general')" => "general", coalesce [Alike] repeats;
    "nullif(x, y)": "Null where x equals y, else x.", "nullif('none', 'none')" => "null", nullif [Alike, Alike];
    "greatest(x, y, …)": "The greatest argument that is not null.", "greatest(1, 3, 2)" => "3", greatest [Alike] repeats;
    "least(x, y, …)": "The least argument that is not null.", "least(1, 3, 2)" => "1", least [Alike] repeats;

    "number(x)": "A number from text or a condition; null where there is none.", "number('1.5') + 1" => "2.5", number [Any];
    "text(x)": "The text of a number or a condition.", "text(3) || '!'" => "3!", text [Any];
    "length(x)": "The letters of a text or the items of a list.", "length(upper('maths'))" => "5", length [Sized];

    "abs(x)": "The number without its sign.", "abs(-2)" => "2", abs [Number];
    "ceil(x)": "The least whole number that is not below x.", "ceil(1.2)" => "2", ceil [Real];
    "floor(x)": "The greatest whole number that is not above x.", "floor(1.8)" => "1", floor [Real];
    "round(x [, digits])": "The nearest number with so many decimals; halves go away from 0.", "round(2.345, 1)" => "2.3", round [Real, Whole] optional;
    "trunc(x)": "The number without its decimals.", "trunc(-1.8)" => "-1", trunc [Real];
    "sign(x)": "-1, 0 or 1.", "sign(-3.5)" => "-1", sign [Real];
    "sqrt(x)": "The square root; null below 0.", "sqrt(9)" => "3", sqrt [Real];
    "ln(x)": "The natural logarithm; null unless x is above 0.", "ln(1)" => "0", ln [Real];
    "log(b, x)": "The logarithm of x to the base b.", "log(2, 8)" => "3", log [Real, Real];
    "log10(x)": "The logarithm to the base 10.", "log10(100)" => "2", log10 [Real];
    "exp(x)": "e to the power of x.", "exp(0)" => "1", exp [Real];
    "power(x, y)": "x to the power of y.", "power(2, 10)" => "1024", power [Real, Real];

    "upper(x)": "The text in capitals.", "upper('Maths')" => "MATHS", upper [Text];
    "lower(x)": "The text in small letters.", "lower('Maths')" => "maths", lower [Text];
    "trim(x [, letters])": "The text without the spaces, or other letters, at its ends.", "trim('  maths ')" => "maths", trim [Text, Text] optional;
    "ltrim(x [, letters])": "The text without the spaces, or other letters, at its start.", "ltrim('xxmaths', 'x')" => "maths", ltrim [Text, Text] optional;
    "rtrim(x [, letters])": "The text without the spaces, or other letters, at its end.", "rtrim('maths  ')" => "maths", rtrim [Text, Text] optional;
    "substr(x, start [, length])": "A part of the text, which starts at 1.", "substr('maths', 2, 3)" => "ath", substr [Text, Whole, Whole] optional;
    "left(x, n)": "The first n letters.", "left('maths', 2)" => "ma", left [Text, Whole];
    "right(x, n)": "The last n letters.", "right('maths', 2)" => "hs", right [Text, Whole];
    "split_part(x, between, n)": "The nth part of a text, counted from 1.", "split_part('a/b/c', '/', 2)" => "b", split_part [Text, Text, Whole];
    "strpos(x, part)": "Where the part starts in the text, counted from 1; 0 if it does not occur.", "strpos('maths', 'th')" => "3", strpos [Text, Text];
    "contains(x, part)": "Whether the text has the part in it.", "contains('maths', 'th')" => "true", contains [Text, Text];
    "starts_with(x, part)": "Whether the text starts with the part.", "starts_with('maths', 'ma')" => "true", starts_with [Text, Text];
    "ends_with(x, part)": "Whether the text ends with the part.", "ends_with('maths', 'ma')" => "false", ends_with [Text, Text];
    "replace(x, part, other)": "The text with each part replaced.", "replace('a-b-c', '-', '+')" => "a+b+c", replace [Text, Text, Text];
    "concat(x, y, …)": "The texts one after another, null ones left out.", "concat('a', null, 'b')" => "ab", concat [Text] repeats;
    "regexp_like(x, pattern [, flags])": "Whether the pattern occurs in the text.", r"regexp_like('task 12', '\d+$')" => "true", regexp_like [Text, Text, Text] optional;
    "regexp_replace(x, pattern, other [, flags])": "The text with the first match, or with the flag `g` each match, replaced.", r"regexp_replace('a1b2', '\d', '', 'g')" => "ab", regexp_replace [Text, Text, Text, Text] optional;
    "regexp_count(x, pattern)": "How often the pattern occurs in the text.", r"regexp_count('a1b2', '\d')" => "2", regexp_count [Text, Text];

    "array_length(x)": "The items of a list.", "array_length([1, 2, 3])" => "3", array_length [List];
    "cardinality(x)": "The items of a list.", "cardinality([1, 2, 3])" => "3", cardinality [List];
    "array_has(x, item)": "Whether the list has the item.", "array_has(['a', 'b'], 'b')" => "true", array_has [List, Any];
    "array_max(x)": "The greatest item.", "array_max([1, 3, 2])" => "3", array_max [List];
    "array_min(x)": "The least item.", "array_min([1, 3, 2])" => "1", array_min [List];
    "array_sum(x)": "The sum of the items; null where there is none.", "array_sum([1, 2, 3])" => "6", array_sum [Reals];
    "array_avg(x)": "The average of the items; null where there is none.", "array_avg([1, 2, 6])" => "3", array_avg [Reals];
    "array_distinct(x)": "The list with each item once.", "length(array_distinct([2, 1, 2]))" => "2", array_distinct [List];
    "array_sort(x)": "The items in order.", "array_sort([2, 1, 3])" => "[1, 2, 3]", array_sort [List];
    "array_to_string(x, between)": "The items as one text.", "array_to_string(['a', 'b'], ', ')" => "a, b", array_to_string [List, Text];
    "array_filter(x, item -> condition)": "The items for which the condition is true.", "array_filter([1, 2, 3], x -> x > 1)" => "[2, 3]", array_filter [List, Lambda];
    "array_transform(x, item -> value)": "The list of the values made from the items.", "array_transform([1, 2], x -> x * 10)" => "[10, 20]", array_transform [List, Lambda];
    "any_match(x, item -> condition)": "Whether the condition is true for an item.", "any_match([1, 2, 3], x -> x > 2)" => "true", any_match [List, Lambda];
};

const AGGREGATES: [Function; AGGREGATE_COUNT] = functions! {
    "count(*)": "The rows; `count(x)`: those where x is not null; `count(distinct x)`: different values.", "count(x)" => "4", count [Any];
    "distinct(x)": "The different values, null left out.", "distinct(x)" => "3", distinct [Any];
    "sum(x)": "The sum, added in the order of the rows.", "sum(x)" => "8", sum [Number];
    "avg(x)": "The average.", "avg(x)" => "2", avg [Real];
    "min(x)": "The least value.", "min(x)" => "1", min [Any];
    "max(x)": "The greatest value.", "max(x)" => "3", max [Any];
    "var(x)": "The variance of a sample (n - 1); null for one value.", "round(var(x), 3)" => "0.667", var [Real];
    "var_pop(x)": "The variance of all there is (n).", "var_pop(x)" => "0.5", var_pop [Real];
    "stddev(x)": "The standard deviation of a sample (n - 1); null for one value.", "round(stddev(x), 3)" => "0.816", stddev [Real];
    "stddev_pop(x)": "The standard deviation of all there is (n).", "round(stddev_pop(x), 3)" => "0.707", stddev_pop [Real];
    "median(x)": "The middle value, or the average of the two in the middle.", "median(x)" => "2", median [Real];
    "quantile(x, q)": "The value below which the share q of the values lies, with linear interpolation.", "quantile(x, 0.5)" => "2", quantile [Real, Real];
    "bool_and(condition)": "Whether the condition is true wherever it is not null.", "bool_and(x > 1)" => "false", bool_and [Truth];
    "bool_or(condition)": "Whether the condition is true anywhere.", "bool_or(x > 2)" => "true", bool_or [Truth];
    "share(condition)": "The share of the rows for which the condition is true.", "share(x >= 2)" => "0.6", share [Truth];
    "max_share(x)": "The share of the rows that the most frequent value has, where null counts as a value.", "max_share(x)" => "0.4", max_share [Any];
    "min_share(x)": "The share of the rows that the rarest value has, where null counts as a value.", "min_share(x)" => "0.2", min_share [Any];
    "one_valued(x, n)": "The share of the batches of n rows, one after another, in which x has one value; the last one may be shorter, and a single row left over does not count as one of these.", "round(one_valued(x >= 2, 2), 3)" => "0.333", one_valued [Any, Whole];
    "repeated(x)": "The share of the rows that have the value of the row before them; null repeats nothing.", "repeated(x)" => "0.2", repeated [Any];
};

const SCALAR_COUNT: usize = 50;
const AGGREGATE_COUNT: usize = 19;

pub(super) static FUNCTIONS: [Function; SCALAR_COUNT + AGGREGATE_COUNT] = {
    let mut all = [SCALARS[0]; SCALAR_COUNT + AGGREGATE_COUNT];
    let mut position = 0;
    while position < all.len() {
        if position < SCALAR_COUNT {
            all[position] = SCALARS[position];
        } else {
            all[position] = Function { aggregate: true, ..AGGREGATES[position - SCALAR_COUNT] };
        }
        position += 1;
    }
    all
};
