//! What a network does to those who push: each fault ends in one commit, or in a clear error and none.

use std::{fs, path::Path, thread, time::Duration};

use unskew_hub::{Environment, Hub, Target, Timeouts, Wishes};
use unskew_hub_server::{Change, Fault, HubServer, Logged, Origin, Role, Rule, Token};
use unskew_io::Silent;

use super::{TOKEN, command, push::Push};

/// How large files go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Xet,
    Whole,
    Parts,
}

const WAYS: [Way; 3] = [Way::Xet, Way::Whole, Way::Parts];

/// What is sent again may be sent soon.
const SOON: (&str, &str) = ("HF_XET_CLIENT_RETRY_BASE_DELAY", "100ms");

/// A result of several large files, and a Hub with the dataset that it goes to.
struct Upload {
    push: Push,
    commits: usize,
}

impl Upload {
    fn new(way: Way) -> Self {
        Self::on(move |root| {
            let me = Token::new("me", Role::Write, TOKEN);
            let part = if way == Way::Parts { 1500 } else { 1 << 20 };
            HubServer::builder().root(root).token(me).xet(way == Way::Xet).upload_part(part).spawn().unwrap()
        })
    }

    fn on(serve: impl Fn(&Path) -> HubServer) -> Self {
        let push = Push::on(serve);
        push.create(&Change::new("Begin").file("README.md", "# Begun\n"));
        push.recipe("parquet, shard_size: 2KB", 254);
        push.run();
        let commits = push.commits();
        Self { push, commits }
    }

    /// The first requests of a kind meet these faults, one each.
    fn meets(&self, rule: impl Fn() -> Rule, faults: impl IntoIterator<Item = Fault>) {
        faults.into_iter().for_each(|fault| self.push.hub.faults().add(rule().meets(fault)));
    }

    fn push(&self) -> super::Outcome {
        self.push.with(&[SOON], &["push", "out"])
    }

    /// The paths of the large files.
    fn large(&self) -> Vec<String> {
        let files = self.push.dir.files("out").into_iter();
        files.filter(|path| path.starts_with("kto/") && path.ends_with(".parquet")).collect()
    }

    /// There is one commit more, and all files are there as they are here.
    #[track_caller]
    fn is_done(&self) {
        assert_eq!(self.push.commits(), self.commits + 1);
        assert!(self.large().len() > 2);
        for path in self.large() {
            let here = fs::read(self.push.dir.path().join("out").join(&path)).unwrap();
            assert!(self.push.hub.read(&self.push.repo, "main", &path).unwrap() == here, "{path} is another");
        }
    }

    /// Nothing was changed.
    #[track_caller]
    fn is_as_before(&self) {
        assert_eq!(self.push.commits(), self.commits);
    }

    /// What came in such requests.
    fn received(&self, of: impl Fn(&Logged) -> bool) -> u64 {
        self.push.hub.requests().iter().filter(|line| of(line)).map(|line| line.received).sum()
    }
}

fn is_put(line: &Logged) -> bool {
    line.method == "PUT"
}

/// What is called on the way to a commit.
const STAGES: [&str; 4] = ["/api/validate-yaml", "*/preupload/*", "*/info/lfs/objects/batch", "*/commit/*"];

#[test]
fn what_passes_on_the_way_is_waited_for() {
    for way in [Way::Xet, Way::Whole] {
        let upload = Upload::new(way);
        for stage in STAGES.into_iter().chain(["*/xet-write-token/*", "*/tree/*"]) {
            upload.meets(|| Rule::on(stage), [Fault::status(503), Fault::too_many(1), Fault::Truncate(5)]);
        }
        assert!(upload.push().success().stdout.contains("pushed to"));
        upload.is_done();
    }
}

#[test]
fn what_does_not_pass_is_told() {
    thread::scope(|scope| {
        for stage in STAGES {
            scope.spawn(move || {
                let upload = Upload::new(Way::Whole);
                upload.push.hub.faults().add(Rule::on(stage).always().meets(Fault::status(503)));
                let told = upload.push().failure(5).stderr;
                assert!(told.contains("the answer is 503") && told.contains("hint: try again"), "{told}");
                upload.is_as_before();
                // Who wants to be left alone for long is, and it is told at once.
                upload.push.hub.faults().clear();
                upload.push.hub.faults().add(Rule::on(stage).always().meets(Fault::too_many(3600)));
                let told = upload.push().failure(5).stderr;
                assert!(told.contains("left alone for 3600 s"), "{told}");
                upload.is_as_before();
                upload.push.hub.faults().clear();
                upload.push().success();
                upload.is_done();
            });
        }
    });
}

#[test]
fn an_upload_that_breaks_is_made_again() {
    for way in WAYS {
        let upload = Upload::new(way);
        let faults = [
            Fault::ResetUpload(1000),
            Fault::Slow(Duration::from_millis(200)),
            Fault::status(503),
            Fault::LoseAnswer,
            Fault::ResetUpload(1),
            Fault::too_many(1),
            Fault::Truncate(1),
        ];
        upload.meets(|| Rule::on("*").method("PUT"), faults);
        if way == Way::Xet {
            let faults = [Fault::status(503), Fault::ResetUpload(10), Fault::LoseAnswer];
            upload.meets(|| Rule::on("*").at(Origin::Cas).method("POST"), faults);
        }
        upload.push().success();
        upload.is_done();
    }
}

#[test]
fn a_token_that_ends_on_the_way_is_told() {
    let upload = Upload::new(Way::Xet);
    let [first, second, third, last] = STAGES;
    // Whatever comes before the last call is done when it fails.
    for stage in [first, second, third, "*/xet-write-token/*", last] {
        for path in [stage, "*/commits/*"] {
            upload.push.hub.faults().add(Rule::on(path).always().meets(Fault::bad_token()));
        }
        let told = upload.push().failure(5).stderr;
        assert!(
            told.contains("does not accept the token") && told.contains("log in again"),
            "{stage}: {told}"
        );
        upload.is_as_before();
        upload.push.hub.faults().clear();
    }
    upload.push().success();
    upload.is_done();
}

#[test]
fn an_address_that_ends_is_asked_for_again() {
    for way in [Way::Whole, Way::Parts] {
        let upload = Upload::new(way);
        upload.meets(|| Rule::on("*").method("PUT").after(1), [Fault::status(403)]);
        upload.push().success();
        upload.is_done();
        // Two times in a row, it is not the address.
        let upload = Upload::new(way);
        upload.push.hub.faults().add(Rule::on("*").method("PUT").always().meets(Fault::status(403)));
        let told = upload.push().failure(5).stderr;
        assert!(told.contains("does not take kto/train-00000"), "{told}");
        upload.is_as_before();
    }
    // Within the last half minute, a store is opened anew for each call.
    let upload = Upload::on(|root| {
        let me = Token::new("me", Role::Write, TOKEN);
        HubServer::builder().root(root).token(me).lifetime(Duration::from_secs(20)).spawn().unwrap()
    });
    upload.push().success();
    upload.is_done();
    let opened = |line: &&Logged| line.path.contains("/xet-write-token/");
    assert!(upload.push.hub.requests().iter().filter(opened).count() > 1);
}

#[test]
fn a_hang_ends() {
    let patience = Duration::from_secs(1);
    let timeouts = Timeouts { answer: patience, read: patience, call: patience };
    thread::scope(|scope| {
        for (way, rule) in [
            (Way::Whole, Rule::on("*").method("PUT")),
            (Way::Xet, Rule::on("*").at(Origin::Cas)),
            (Way::Whole, Rule::on("*/preupload/*")),
            (Way::Whole, Rule::on("*/commit/*")),
        ] {
            scope.spawn(move || {
                let upload = Upload::new(way);
                upload.push.hub.faults().add(rule.clone().always().meets(Fault::Hang));
                let endpoint = upload.push.hub.endpoint();
                let cache = upload.push.dir.path().join("home").display().to_string();
                let variable = |name: &str| match name {
                    "HF_ENDPOINT" => Some(endpoint.clone()),
                    "HF_TOKEN" => Some(TOKEN.to_owned()),
                    "HF_HOME" => Some(cache.clone()),
                    _ => None,
                };
                let environment = Environment { timeouts, ..Environment::of(&variable).unwrap() };
                let hub = Hub::with(environment).unwrap();
                let target = Target::parse("me/balanced").unwrap();
                let folder = upload.push.dir.path().join("out");
                let error = hub.push(&folder, &target, &Wishes::default(), &Silent).unwrap_err();
                assert!(error.to_string().contains("nothing came for"), "{error}");
                assert_eq!(error.exit(), unskew_core::Exit::Hub);
                upload.is_as_before();
            });
        }
    });
}

#[test]
fn who_is_killed_goes_on_where_it_was() {
    for way in [Way::Whole, Way::Xet] {
        let upload = Upload::new(way);
        let hub = &upload.push.hub;
        // The second file hangs, or, where all files are in one piece, what tells the store of them.
        let rule = if way == Way::Xet {
            Rule::on("*/shards").at(Origin::Cas)
        } else {
            Rule::on("*").method("PUT").after(1)
        };
        hub.faults().add(rule.always().meets(Fault::Hang));
        let mut child =
            command(&upload.push.dir, &hub.endpoint(), &[SOON], &["push", "out"]).spawn().unwrap();
        let hangs = |line: &Logged| match way {
            Way::Xet => line.path.ends_with("/shards"),
            _ => is_put(line) && hub.requests().iter().filter(|line| is_put(line)).count() > 1,
        };
        while !hub.requests().iter().any(hangs) {
            thread::sleep(Duration::from_millis(20));
        }
        child.kill().unwrap();
        child.wait().unwrap();
        let before = upload.received(is_put);
        upload.is_as_before();
        hub.faults().clear();
        hub.forget_requests();
        upload.push().success();
        upload.is_done();
        let size = |path: &String| fs::metadata(upload.push.dir.path().join("out").join(path)).unwrap().len();
        let all: u64 = upload.large().iter().map(size).sum();
        let after = upload.received(is_put);
        assert!(before > 0, "{way:?}");
        match way {
            Way::Xet => assert_eq!(after, 0),
            _ => assert_eq!(before + after, all, "{before} and {after}"),
        }
    }
}
