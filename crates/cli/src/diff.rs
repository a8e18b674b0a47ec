//! What is different between two texts, line by line.

/// The most pairs of lines that are compared; of larger texts, everything between what is alike at both ends is told.
const MOST_PAIRS: usize = 4_000_000;

/// The lines that went, after `-`, and those that came, after `+`, in their order; with `@` before each place.
pub fn diff(before: &str, after: &str) -> Vec<String> {
    let (old, new): (Vec<&str>, Vec<&str>) = (before.lines().collect(), after.lines().collect());
    let head = old.iter().zip(&new).take_while(|(one, other)| one == other).count();
    let most = old.len().min(new.len()) - head;
    let tail =
        old.iter().rev().zip(new.iter().rev()).take(most).take_while(|(one, other)| one == other).count();
    let (old, new) = (&old[head..old.len() - tail], &new[head..new.len() - tail]);
    let common = if old.len() * new.len() > MOST_PAIRS { vec![] } else { common(old, new) };
    let mut out = vec![];
    let (mut at, mut to) = (0, 0);
    for (one, other) in common.into_iter().chain([(old.len(), new.len())]) {
        if one > at || other > to {
            out.push(format!("@ line {}", head + to + 1));
        }
        out.extend(old[at..one].iter().map(|line| format!("-{line}")));
        out.extend(new[to..other].iter().map(|line| format!("+{line}")));
        (at, to) = (one + 1, other + 1);
    }
    out
}

/// The places of a longest common subsequence.
fn common(old: &[&str], new: &[&str]) -> Vec<(usize, usize)> {
    let width = new.len() + 1;
    let mut longest = vec![0_u32; (old.len() + 1) * width];
    for at in (0..old.len()).rev() {
        for to in (0..new.len()).rev() {
            longest[at * width + to] = if old[at] == new[to] {
                longest[(at + 1) * width + to + 1] + 1
            } else {
                longest[(at + 1) * width + to].max(longest[at * width + to + 1])
            };
        }
    }
    let (mut at, mut to, mut places) = (0, 0, vec![]);
    while at < old.len() && to < new.len() {
        if old[at] == new[to] {
            places.push((at, to));
            (at, to) = (at + 1, to + 1);
        } else if longest[(at + 1) * width + to] >= longest[at * width + to + 1] {
            at += 1;
        } else {
            to += 1;
        }
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_come_and_go() {
        assert_eq!(diff("a\nb\nc\nd\n", "a\nx\nc\ny\nd\n"), ["@ line 2", "-b", "+x", "@ line 4", "+y"]);
        assert_eq!(diff("a\n", "a\n"), [""; 0]);
        assert_eq!(diff("", "a\n"), ["@ line 1", "+a"]);
        assert_eq!(diff("a\na\n", "a\n"), ["@ line 2", "-a"]);
    }
}
