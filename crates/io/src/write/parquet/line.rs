//! Row groups that are encoded side by side, and written one after another.

use std::{
    sync::{Arc, Mutex, mpsc},
    thread,
};

use arrow::{array::RecordBatch, datatypes::SchemaRef};

use super::{cut::Cutter, group::Group, order::Sink, shards::Shards};
use crate::{Error, Result, WrittenFile};

/// About as many blocks as a row group has.
const GROUP_BLOCKS: usize = 16;

/// Where blocks of rows are sent to be encoded.
///
/// A row group is begun only when somebody is free to encode it, and everybody holds one at most, encoded or about
/// to be; so no more than twice their bytes are under way.
pub(super) struct Line<'a> {
    /// How many blocks of a row group may wait: for a single encoder to be behind gains nothing.
    ahead: usize,
    give: mpsc::SyncSender<Job<'a>>,
    /// Gets the files when all row groups begun so far have been written.
    turn: mpsc::Receiver<Shards<'a>>,
    open: Option<mpsc::SyncSender<Vec<RecordBatch>>>,
}

/// A row group to encode, and to write when its turn comes.
struct Job<'a> {
    blocks: mpsc::Receiver<Vec<RecordBatch>>,
    turn: mpsc::Receiver<Shards<'a>>,
    next: mpsc::Sender<Shards<'a>>,
}

impl Line<'_> {
    /// Adds a block to the row group that is open, or to a new one.
    pub(super) fn push(&mut self, block: Vec<RecordBatch>) -> Result<()> {
        let open = if let Some(open) = &self.open {
            open
        } else {
            let (open, blocks) = mpsc::sync_channel(self.ahead);
            let (next, turn) = mpsc::channel();
            let turn = std::mem::replace(&mut self.turn, turn);
            self.give.send(Job { blocks, turn, next }).map_err(|_| Error::Interrupted)?;
            self.open.insert(open)
        };
        open.send(block).map_err(|_| Error::Interrupted)
    }

    /// Ends the row group that is open.
    pub(super) fn end_group(&mut self) {
        self.open = None;
    }
}

/// Runs `produce` here while the rows that it gives are encoded by up to `encoders` threads and written to `shards`.
pub(super) fn in_step(
    shards: Shards<'_>,
    schema: &SchemaRef,
    encoders: usize,
    produce: impl FnOnce(Sink<'_>) -> Result<()>,
) -> Result<Vec<WrittenFile>> {
    let group_limit = shards.group_limit();
    let (give, take) = mpsc::sync_channel(0);
    let take = Arc::new(Mutex::new(take));
    let (first, turn) = mpsc::channel();
    first.send(shards).expect("the receiver is here");
    let encoded = thread::scope(|scope| {
        let threads: Vec<_> = (0..encoders)
            .map(|_| {
                let take = Arc::clone(&take);
                scope.spawn(move || encode(&take, schema))
            })
            .collect();
        // From here on, nobody takes anything when all of them have stopped.
        drop(take);
        let ahead = if encoders == 1 { 2 } else { GROUP_BLOCKS };
        let mut cutter = Cutter::new(Line { ahead, give, turn, open: None }, group_limit);
        let produced = produce(&mut |batch| cutter.push(&batch)).and_then(|()| cutter.finish());
        let produced = produced.map(|line| line.turn);
        for thread in threads {
            // They have stopped early only because of an error, which is then the one to report.
            thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
        }
        produced
    })?;
    encoded.recv().expect("without errors the files are passed on").finish()
}

/// Encodes row groups as long as there are any.
fn encode(take: &Mutex<mpsc::Receiver<Job<'_>>>, schema: &SchemaRef) -> Result<()> {
    let next = || take.lock().expect("nobody panics while taking a row group").recv();
    while let Ok(job) = next() {
        let mut group = Group::new(schema)?;
        job.blocks.into_iter().try_for_each(|block| group.push(&block))?;
        let group = group.finish()?;
        // The one before has failed if the files do not come.
        let Ok(mut shards) = job.turn.recv() else { break };
        shards.append(&group)?;
        // Nobody waits for them if there was an error elsewhere.
        let _ = job.next.send(shards);
    }
    Ok(())
}
