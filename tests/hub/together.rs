//! Runs that share a cache: at the same time, and one after another that did not come to its end.

use std::{fs, thread, time::Duration};

use super::{
    Dir, command, rows,
    scripted::{Fault, Scripted},
    unskew,
};

const URL: &str = "hf://datasets/o/n/rows.jsonl";

#[test]
fn two_at_once_pull_once() {
    let hub = Scripted::with([("rows.jsonl", rows(20_000))], |seen, _| seen.cdn.then_some(Fault::Slow));
    let dir = Dir::new();
    let run = || unskew(&dir, &hub.endpoint(), &[], &["inspect", URL, "--by", "task"]).success().stdout;
    let both = thread::scope(|scope| [scope.spawn(run), scope.spawn(run)].map(|one| one.join().unwrap()));
    assert!(both.iter().all(|told| told.contains("80.0 %")));
    assert_eq!(hub.sent(), rows(20_000).len() as u64);
    assert_eq!(dir.files("home/hub/datasets--o--n/blobs").len(), 1);
}

#[test]
fn a_killed_run_is_gone_on_with() {
    let hub = Scripted::with([("rows.jsonl", rows(20_000))], |seen, before| {
        (seen.cdn && before == 0).then_some(Fault::Hang(600_000))
    });
    let dir = Dir::new();
    let patient = [("HF_HUB_DOWNLOAD_TIMEOUT", "60")];
    let mut child = command(&dir, &hub.endpoint(), &patient, &["inspect", URL]).spawn().unwrap();
    let blobs = dir.path().join("home/hub/datasets--o--n/blobs");
    let length = || {
        let entries = fs::read_dir(&blobs).into_iter().flatten().flatten();
        entries.filter_map(|entry| entry.metadata().ok()).map(|known| known.len()).sum::<u64>()
    };
    while length() < 600_000 {
        assert_eq!(child.try_wait().unwrap(), None, "the run ended early");
        thread::sleep(Duration::from_millis(10));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let told = unskew(&dir, &hub.endpoint(), &[], &["inspect", URL, "--by", "task"]).success();
    assert!(told.stdout.contains("80.0 %"), "{}", told.stdout);
    let rest = rows(20_000).len() as u64 - 600_000;
    assert_eq!(hub.seen().last().map(|seen| seen.sent), Some(rest));
    let kept = dir.files("home/hub/datasets--o--n/blobs");
    assert_eq!(kept.iter().map(String::len).collect::<Vec<_>>(), [64]);
}
