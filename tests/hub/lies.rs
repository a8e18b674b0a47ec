//! What a Hub may say that nobody should believe.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::{
    Dir, TOKEN, rows,
    scripted::{Fault, Scripted, listed},
    tells_no_token, unskew,
};

#[track_caller]
fn refused(hub: &Scripted, why: &str) {
    let dir = Dir::new();
    let outcome = unskew(&dir, &hub.endpoint(), &[], &["inspect", "hf://datasets/o/n"]);
    assert_eq!(outcome.code, 3, "{outcome:?}");
    assert!(outcome.stderr.contains(why), "{}", outcome.stderr);
    let outside: Vec<String> =
        dir.files(".").into_iter().filter(|path| !path.starts_with("home/hub/datasets--o--n/")).collect();
    assert_eq!(outside, [""; 0]);
    let kept = dir.files("home/hub/datasets--o--n/blobs");
    assert!(kept.iter().all(|name| name.contains("incomplete")), "{kept:?}");
}

#[test]
fn paths_do_not_lead_out_of_the_cache() {
    for path in [
        "../../../../evil.jsonl",
        "/tmp/evil.jsonl",
        "a\\..\\evil.jsonl",
        "a/../evil.jsonl",
        "nul.jsonl",
        "a\u{0}.jsonl",
    ] {
        let tree = json!([listed(path, &rows(10))]);
        refused(&Scripted::new([("rows.jsonl", rows(10))]).tree(tree), "dangerous path");
    }
    let mut evil = listed("rows.jsonl", &rows(10));
    evil["oid"] = "../../../../../evil".into();
    refused(&Scripted::new([("rows.jsonl", rows(10))]).tree(json!([evil])), "its digest is none");
}

#[test]
fn sizes_are_not_believed() {
    let sized = |size: u64| -> Value {
        let mut file = listed("rows.jsonl", &rows(10));
        file["size"] = size.into();
        json!([file])
    };
    let hub = |size| Scripted::new([("rows.jsonl", rows(10))]).tree(sized(size));
    refused(&hub(u64::MAX), "its size is absurd");
    refused(&hub(1 << 40), "not as large as the list of files says");
    refused(&hub(5), "not as large as the list of files says");
}

#[test]
fn the_token_goes_to_the_hub_alone() {
    let hub = Scripted::new([("rows.jsonl", rows(20_000))]);
    let dir = Dir::new();
    unskew(&dir, &hub.endpoint(), &[], &["inspect", "hf://datasets/o/n/rows.jsonl"]).success();
    let (cdn, own): (Vec<_>, Vec<_>) = hub.seen().into_iter().partition(|seen| seen.cdn);
    assert!(!cdn.is_empty() && cdn.iter().all(|seen| !format!("{seen:?}").contains(TOKEN)));
    assert!(own.iter().all(|seen| seen.headers["authorization"] == format!("Bearer {TOKEN}")));
    let strangers = unskew(
        &dir,
        &hub.endpoint(),
        &[("HF_HUB_DISABLE_IMPLICIT_TOKEN", "1")],
        &["inspect", "hf://datasets/o/n/rows.jsonl"],
    );
    strangers.success();
    assert!(!hub.seen().last().unwrap().headers.contains_key("authorization"));
    tells_no_token(&dir);
}

#[test]
fn the_api_does_not_send_the_token_elsewhere() {
    let other = Scripted::new([("rows.jsonl", rows(10))]);
    let to: &'static str = format!("Location: {}/api/x\r\n", other.endpoint()).leak();
    let hub = Scripted::with([("rows.jsonl", rows(10))], move |seen, _| {
        seen.path.contains("/tree/").then(|| Fault::Answer(302, to, String::new()))
    });
    unskew(&Dir::new(), &hub.endpoint(), &[], &["inspect", "hf://datasets/o/n"]).failure(3);
    assert!(!other.seen().is_empty());
    assert!(other.seen().iter().all(|seen| !seen.headers.contains_key("authorization")));
    let page: &'static str = format!("Link: <{}/api/x>; rel=\"next\"\r\n", other.endpoint()).leak();
    let before = other.seen().len();
    let hub = Scripted::with([("rows.jsonl", rows(10))], move |seen, _| {
        seen.path.contains("/tree/").then(|| Fault::Answer(200, page, "[]".to_owned()))
    });
    refused(&hub, "its next page is elsewhere");
    assert_eq!(other.seen().len(), before);
}

#[test]
fn redirects_end() {
    let hub = Scripted::with([("rows.jsonl", rows(10))], |seen, _| {
        seen.path
            .contains("/revision/")
            .then(|| Fault::Answer(307, "Location: /api/datasets/o/n/revision/main\r\n", String::new()))
    });
    refused(&hub, "it leads in circles");
    let hub = Scripted::with([("rows.jsonl", rows(10))], |seen, _| {
        seen.path
            .contains("/resolve/")
            .then(|| Fault::Answer(302, "Location: file:///etc/passwd\r\n", String::new()))
    });
    refused(&hub, "it leads to where nothing can be asked for");
}

#[test]
fn a_card_is_no_bomb() {
    let mut yaml = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..12 {
        writeln!(yaml, "a{level}: &a{level} [{}]", format!("*a{}, ", level - 1).repeat(10)).unwrap();
    }
    let card = format!("---\n{yaml}---\n");
    let files = [("README.md", card.into_bytes()), ("rows.jsonl", rows(10))];
    let hub = Scripted::new(files);
    let dir = Dir::new();
    let outcome = unskew(&dir, &hub.endpoint(), &[], &["inspect", "hf://datasets/o/n"]).failure(3);
    assert!(outcome.stderr.contains("cannot read the YAML of"), "{}", outcome.stderr);
    // Who names the files can do without the card.
    unskew(&dir, &hub.endpoint(), &[], &["inspect", "hf://datasets/o/n/rows.jsonl"]).success();
}

#[test]
fn another_commit_is_not_taken_for_this_one() {
    let hub = Scripted::with([("rows.jsonl", rows(10))], |seen, _| {
        let body = String::from_utf8(rows(10)).unwrap();
        seen.path.contains("/resolve/").then_some(Fault::Answer(
            200,
            "X-Repo-Commit: 2222222222222222222222222222222222222222\r\n",
            body,
        ))
    });
    refused(&hub, "it is another commit's");
}
