//! What columns hold.

use arrow::{
    array::{Array, AsArray},
    datatypes::{DataType, Float64Type, Int64Type},
};

use super::*;

#[test]
fn types_are_known_over_all_rows() {
    let numbers = column_of("x", "{\"x\":1}\n{}\n{\"x\":null}\n{\"x\":2.5}\n").unwrap();
    assert_eq!(
        numbers.as_primitive::<Float64Type>().iter().collect::<Vec<_>>(),
        [Some(1.0), None, None, Some(2.5)]
    );
    let ints = column_of("x", "{\"x\":-9223372036854775808}\n{\"x\":9223372036854775807}\n").unwrap();
    assert_eq!(ints.as_primitive::<Int64Type>().values(), &[i64::MIN, i64::MAX]);
    let big = column_of("x", "{\"x\":9223372036854775808}\n{\"x\":-9223372036854775809}\n").unwrap();
    assert_eq!(
        big.as_primitive::<Float64Type>().values(),
        &[9_223_372_036_854_775_808.0, -9_223_372_036_854_775_808.0]
    );
    assert_eq!(column_of("x", "{}\n{\"x\":null}\n").unwrap().data_type(), &DataType::Null);
    assert_eq!(column_of("x", "{}\n{\"x\":true}\n").unwrap().data_type(), &DataType::Boolean);
    assert_eq!(column_of("number(x)", "{}\n").unwrap().data_type(), &DataType::Float64);
    assert_eq!(column_of("x", "").unwrap().len(), 0);
}

#[test]
fn few_texts_become_a_dictionary_and_many_do_not() {
    let lines = |distinct: usize| {
        (0..4000).map(|row| format!("{{\"x\":\"t{}\"}}\n", row % distinct)).collect::<Vec<_>>().concat()
    };
    let few = column_of("x", &lines(5)).unwrap();
    assert!(matches!(few.data_type(), DataType::Dictionary(_, _)));
    assert_eq!(few.as_any_dictionary().values().len(), 5);
    let many = column_of("x", &lines(4000)).unwrap();
    assert_eq!(many.data_type(), &DataType::Utf8);
    assert_eq!(texts(&many)[3999], Some("t3999".into()));
}

#[test]
fn mixed_types_name_the_rarer_kind_and_its_line() {
    let lines = "{\"x\":1}\n\n{\"x\":2}\n{\"x\":\"three\"}\n{\"x\":4}\n{\"x\":\"five\"}\n";
    let error = column_of("x", lines).unwrap_err();
    let Error::MixedTypes { path, counts, odd, place, .. } = &error else { panic!("{error}") };
    assert_eq!(
        (path.as_str(), counts.as_str(), odd.as_str(), place.as_str()),
        ("x", "3 numbers, 2 texts", "text", "line 4")
    );
    let nested = column_of("x", "{\"x\":{\"a\":1}}\n").unwrap_err();
    assert!(matches!(nested, Error::MixedTypes { odd, .. } if odd == "object"));
    let objects = column_of("x", "{\"x\":[1]}\n{\"x\":[{}]}\n").unwrap_err();
    assert!(matches!(objects, Error::MixedTypes { odd, place, .. } if odd == "object" && place == "line 2"));
    let items = column_of("x", "[{\"x\":[1]},{\"x\":[\"a\",2]}]").unwrap_err();
    assert!(matches!(items, Error::MixedTypes { odd, place, .. } if odd == "text" && place == "row 1"));
}

#[test]
fn extractors_do_what_they_say() {
    let lines = concat!(
        "{\"x\":\"3.5 \"}\n{\"x\":true}\n{\"x\":1.0}\n{\"x\":[1, {\"b\":2,\"a\":null}]}\n",
        "{\"x\":{\"b\":1e0,\"a\":\"\\u00e9\"}}\n{\"x\":null}\n{}\n",
    );
    let number = column_of("number(x)", lines).unwrap();
    let number: Vec<_> = number.as_primitive::<Float64Type>().iter().collect();
    assert_eq!(number, [Some(3.5), Some(1.0), Some(1.0), None, None, None, None]);
    let text = texts(&column_of("text(x)", lines).unwrap());
    let expected = some(&["3.5 ", "true", "1", "[1,{\"b\":2}]", "{\"a\":\"é\",\"b\":1}"]);
    assert_eq!(text[..5], expected);
    assert_eq!(text[5..], [None, None]);
    let kind = texts(&column_of("kind(x)", lines).unwrap());
    assert_eq!(kind[..6], some(&["text", "boolean", "number", "list", "object", "null"]));
    assert_eq!(kind[6], None);
    let length = column_of("length(x)", lines).unwrap();
    let length: Vec<_> = length.as_primitive::<Int64Type>().iter().collect();
    assert_eq!(length, [Some(4), None, None, Some(2), Some(2), None, None]);
    let items = column_of("items(x)", lines).unwrap();
    assert_eq!(
        items.as_primitive::<Int64Type>().iter().collect::<Vec<_>>()[3..],
        [Some(2), None, None, None]
    );
}

#[test]
fn hashes_are_those_of_canonical_json() {
    let hash = column_of(
        "hash(x)",
        "{\"x\":{\"b\":1,\"a\":2}}\n{\"x\":{ \"a\":2.0, \"b\":1e0, \"c\":null}}\n{\"x\":1}\n{}\n",
    )
    .unwrap();
    let hash = hash.as_fixed_size_binary();
    assert_eq!(hash.value(0), &blake3::hash(b"{\"a\":2,\"b\":1}").as_bytes()[..16]);
    assert_eq!(hash.value(0), hash.value(1));
    assert_ne!(hash.value(0), hash.value(2));
    assert!(hash.is_null(3));
}

#[test]
fn keys_stay_short() {
    let long = "ä".repeat(50);
    let lines = format!("{{\"x\":\"short\"}}\n{{\"x\":\"{long}\"}}\n{{\"x\":[1.0]}}\n{{\"x\":{{}}}}\n{{}}\n");
    let keys = texts(&column_of("key(x)", &lines).unwrap());
    assert_eq!(keys[0], Some("short".into()));
    let digits = |text: &str| crate::canonical::hex(&blake3::hash(text.as_bytes()).as_bytes()[..16]);
    assert_eq!(keys[1], Some(format!("{}…#{}", "ä".repeat(40), digits(&format!("\"{long}\"")))));
    assert_eq!(keys[2], Some(format!("#{}", digits("[1]"))));
    assert_eq!(keys[3], Some(format!("#{}", digits("{}"))));
    assert_eq!(keys[4], None);
    assert_eq!(column_of("key(x)", "{\"x\":1}\n{\"x\":2}\n").unwrap().data_type(), &DataType::Int64);
    assert!(matches!(column_of("key(x)", "{\"x\":1}\n{\"x\":\"a\"}\n"), Err(Error::MixedTypes { .. })));
    let fans = texts(&column_of("key(x[].a)", "{\"x\":[{\"a\":1},{}]}\n").unwrap());
    assert_eq!(fans, [Some(format!("#{}", digits("[1,null]")))]);
}

#[test]
fn paths_fan_out_over_items() {
    let lines = "{\"x\":[{\"a\":1},{},{\"a\":2}]}\n{\"x\":[]}\n{\"x\":null}\n{\"x\":7}\n{}\n";
    let values = column_of("x[].a", lines).unwrap();
    let list = values.as_list::<i32>();
    let first: Vec<_> = list.value(0).as_primitive::<Int64Type>().iter().collect();
    assert_eq!(first, [Some(1), None, Some(2)]);
    assert_eq!(list.value(1).len(), 0);
    assert_eq!((2..5).map(|row| list.is_null(row)).collect::<Vec<_>>(), [true; 3]);
    let scalars = column_of("x", "{\"x\":[\"a\",null]}\n{\"x\":[]}\n").unwrap();
    assert_eq!(
        scalars.as_list::<i32>().value(0).as_string::<i32>().iter().collect::<Vec<_>>(),
        [Some("a"), None]
    );
    let both = scan_bytes(
        b"{\"m\":[{\"r\":\"u\"},{\"r\":\"a\"}]}\n",
        &spec(&["m[0].r", "m[].r", "length(m)", "m[5].r"], OnBadRow::Error),
    );
    let both = both.unwrap().columns;
    assert_eq!(texts(&both[0]), some(&["u"]));
    assert_eq!(both[1].as_list::<i32>().value(0).len(), 2);
    assert_eq!(both[3].null_count() + both[3].logical_null_count(), 1);
}

#[test]
fn below_null_or_text_there_is_nothing() {
    let lines = "{\"m\":null}\n{\"m\":\"text\"}\n{\"m\":{\"t\":\"x\"}}\n";
    assert_eq!(texts(&column_of("m.t", lines).unwrap()), [None, None, Some("x".into())]);
}
