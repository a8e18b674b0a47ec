//! What a network does to those who read: each fault ends in success or a clear error, and nothing wrong stays.

use std::fs;

use super::{
    Dir, Outcome, rows,
    scripted::{Fault, Scripted, Seen},
    unskew,
};

const URL: &str = "hf://datasets/o/n/rows.jsonl";

/// Inspects a file of which some answers are faulty.
fn inspect(
    script: impl Fn(&Seen, usize) -> Option<Fault> + Send + Sync + 'static,
) -> (Outcome, Scripted, Dir) {
    let hub = Scripted::with([("rows.jsonl", rows(20_000))], script);
    let dir = Dir::new();
    let outcome = unskew(&dir, &hub.endpoint(), &[], &["inspect", URL, "--by", "task"]);
    (outcome, hub, dir)
}

/// What the cache has: the blobs, by name, and their bytes.
fn blobs(dir: &Dir) -> Vec<(String, Vec<u8>)> {
    let folder = "home/hub/datasets--o--n/blobs";
    let name = |name: String| (name.clone(), fs::read(dir.path().join(folder).join(&name)).unwrap());
    dir.files(folder).into_iter().map(name).collect()
}

/// The outcome is a success, and the cache has the true bytes.
#[track_caller]
fn survived((outcome, _, dir): &(Outcome, Scripted, Dir)) {
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    assert!(outcome.stdout.contains("80.0 %"), "{}", outcome.stdout);
    let blobs = blobs(dir);
    assert_eq!((blobs.len(), blobs[0].0.len()), (1, 64));
    assert!(blobs[0].1 == rows(20_000), "the bytes are others");
}

/// The outcome is an error that says `why`, and the cache has nothing under the name of what was wanted.
#[track_caller]
fn told((outcome, _, dir): &(Outcome, Scripted, Dir), why: &str) {
    assert_eq!(outcome.code, 3, "{}{}", outcome.stdout, outcome.stderr);
    assert!(outcome.stderr.contains(why), "{}", outcome.stderr);
    assert!(blobs(dir).iter().all(|(name, _)| name.len() != 64), "something stayed");
    assert!(!outcome.stderr.contains("Signature"), "{}", outcome.stderr);
}

/// A fault of the first answers of the host of large files.
fn first(fault: Fault, times: usize) -> impl Fn(&Seen, usize) -> Option<Fault> + Send + Sync + 'static {
    move |seen, before| (seen.cdn && before < times).then(|| fault.clone())
}

fn always(fault: Fault) -> impl Fn(&Seen, usize) -> Option<Fault> + Send + Sync + 'static {
    first(fault, usize::MAX)
}

#[test]
fn a_busy_hub_is_left_alone_as_long_as_it_wants() {
    let busy = |seen: &Seen, before: usize| {
        (seen.path.contains("/tree/") && before == 0)
            .then(|| Fault::Answer(429, "Retry-After: 1\r\n", String::new()))
    };
    survived(&inspect(busy));
    let busy = |seen: &Seen, before: usize| {
        (seen.path.contains("/revision/") && before == 0)
            .then(|| Fault::Answer(429, "RateLimit: \"api\";r=0;t=1\r\n", String::new()))
    };
    survived(&inspect(busy));
    let forever = inspect(|seen, _| {
        seen.path.contains("/tree/").then(|| Fault::Answer(429, "Retry-After: 3600\r\n", String::new()))
    });
    told(&forever, "it wants to be left alone for 3600 s");
    assert_eq!(forever.1.seen().iter().filter(|seen| seen.path.contains("/tree/")).count(), 1);
    let forever = inspect(|seen, _| {
        let hour = "Date: Sat, 28 Nov 2026 18:00:00 GMT\r\nRetry-After: Sat, 28 Nov 2026 19:00:00 GMT\r\n";
        seen.path.contains("/tree/").then(|| Fault::Answer(429, hour, String::new()))
    });
    told(&forever, "it wants to be left alone for 3600 s");
    assert_eq!(forever.1.seen().iter().filter(|seen| seen.path.contains("/tree/")).count(), 1);
}

#[test]
fn what_passes_is_waited_for() {
    survived(&inspect(first(Fault::Answer(503, "", String::new()), 2)));
    survived(&inspect(first(Fault::Answer(429, "Retry-After: 1\r\n", String::new()), 1)));
    survived(&inspect(|seen, before| {
        (seen.path.contains("/resolve/") && before == 0).then(|| Fault::Answer(500, "", String::new()))
    }));
    told(&inspect(always(Fault::Answer(503, "", String::new()))), "the answer is 503");
}

#[test]
fn a_cut_body_is_resumed() {
    for fault in [Fault::Reset(300_000), Fault::Cut(300_000), Fault::Hang(300_000)] {
        let run = inspect(first(fault, 2));
        survived(&run);
        let all = rows(20_000).len() as u64;
        assert!(run.1.sent() < all + 700_000, "{} of {all}", run.1.sent());
    }
    told(&inspect(always(Fault::Cut(0))), "it ends too early");
}

#[test]
fn patience_ends() {
    told(&inspect(always(Fault::Hang(0))), "nothing came for 1 s");
    survived(&inspect(first(Fault::Slow, 2)));
}

#[test]
fn wrong_bytes_do_not_stay() {
    survived(&inspect(first(Fault::Flip, 2)));
    told(&inspect(always(Fault::Flip)), "its SHA-256 digest is another one");
    let small = Scripted::with([("rows.jsonl", rows(100))], |seen, _| {
        seen.path.contains("/resolve/").then_some(Fault::Flip)
    });
    let dir = Dir::new();
    let outcome = unskew(&dir, &small.endpoint(), &[], &["inspect", URL]).failure(3);
    assert!(outcome.stderr.contains("its git object name is another one"), "{}", outcome.stderr);
    assert_eq!(blobs(&dir), []);
}

#[test]
fn a_signature_that_has_ended_is_asked_for_again() {
    let run = inspect(|seen, before| match before {
        0 if seen.cdn => Some(Fault::Reset(300_000)),
        1 if seen.cdn => Some(Fault::Answer(403, "", "expired".to_owned())),
        _ => None,
    });
    survived(&run);
    let asked = run.1.seen().iter().filter(|seen| seen.path.contains("/resolve/")).count();
    assert_eq!(asked, 2);
    let gone = inspect(always(Fault::Answer(403, "", String::new())));
    told(&gone, "the answer is 403");
}
