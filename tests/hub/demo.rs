//! The whole way in one command: `unskew demo` needs neither a network nor a Hub that is there already.

use super::{Dir, TOKEN, json, unskew};

#[test]
fn a_demo_goes_the_whole_way() {
    let dir = Dir::new();
    // Whatever the environment says of a Hub and of who we are is not for the demo.
    let run = || unskew(&dir, "http://127.0.0.1:9", &[("HF_HUB_OFFLINE", "1")], &["demo"]);
    let told = run().success();
    let row = |name: &str| {
        let mut lines = told.stdout.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
        lines.find(|cells| cells.first() == Some(&name)).unwrap_or_default().join(" ")
    };
    assert_eq!(row("me/answers"), "me/answers 746 254 50 746");
    assert_eq!(row("me/answers-balanced"), "me/answers-balanced 254 254 25 1");
    let lock = json(&dir, "unskew-demo/out/.unskew/lock.json");
    assert_eq!(lock["sources"][0]["repo"], "me/answers");
    assert!(dir.read("unskew-demo/out/README.md").contains("license: cc0-1.0"));
    let token = dir.read("unskew-demo/hub/tokens/write/me");
    let all = format!("{}{}", told.stdout, told.stderr);
    assert!(!all.contains(token.trim()) && !all.contains(TOKEN));
    let again = run().failure(2).stderr;
    assert!(again.contains("unskew-demo is not empty") && again.contains("hint: "), "{again}");
}
