//! The BLAKE3 digest of a file whose blocks are hashed in parallel, each while it is at hand.

use blake3::{
    Hasher,
    hazmat::{ChainingValue, HasherExt, Mode, merge_subtrees_non_root, merge_subtrees_root},
};

/// The digest of one block of a file, or of the file if it is the only one.
#[derive(Debug, Clone, Copy)]
pub(crate) enum BlockDigest {
    Some(ChainingValue),
    All(blake3::Hash),
}

/// Digests the block at `offset` of a file of `size` bytes; blocks are of one size, a power of two and at least 1024.
pub(crate) fn block(offset: u64, bytes: &[u8], size: u64) -> BlockDigest {
    if bytes.len() as u64 == size {
        return BlockDigest::All(blake3::hash(bytes));
    }
    BlockDigest::Some(Hasher::new().set_input_offset(offset).update(bytes).finalize_non_root())
}

/// The digest of the whole file from the digests of its blocks, all full but the last.
pub(crate) fn whole(blocks: &[BlockDigest]) -> blake3::Hash {
    match blocks {
        [] => blake3::hash(b""),
        [BlockDigest::All(digest)] => *digest,
        _ => {
            let (left, right) = halves(blocks);
            merge_subtrees_root(&subtree(left), &subtree(right), Mode::Hash)
        }
    }
}

fn subtree(blocks: &[BlockDigest]) -> ChainingValue {
    match blocks {
        [BlockDigest::Some(only)] => *only,
        [BlockDigest::All(_)] => unreachable!("the digest of all is the only one"),
        _ => {
            let (left, right) = halves(blocks);
            merge_subtrees_non_root(&subtree(left), &subtree(right), Mode::Hash)
        }
    }
}

/// The largest full tree on the left, as BLAKE3 has it, and the rest.
fn halves(blocks: &[BlockDigest]) -> (&[BlockDigest], &[BlockDigest]) {
    blocks.split_at(blocks.len().next_power_of_two() / 2)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn blocks_make_the_digest_of_the_whole(length in 0_usize..40_000, power in 10_u32..14) {
            let bytes: Vec<u8> = (0..length).map(|at| (at % 251) as u8).collect();
            let size = 1 << power;
            let blocks: Vec<_> =
                bytes.chunks(size).enumerate().map(|(at, bytes)| block((at * size) as u64, bytes, length as u64)).collect();
            prop_assert_eq!(whole(&blocks), blake3::hash(&bytes));
        }
    }
}
