//! Showing how two texts differ, line by line.

/// The lines of both texts: `-` for those only in `wanted`, `+` for those only in `got`.
pub fn diff(wanted: &str, got: &str) -> String {
    let (old, new): (Vec<_>, Vec<_>) = (wanted.lines().collect(), got.lines().collect());
    let common = common_lengths(&old, &new);
    let (mut i, mut j) = (0, 0);
    let mut text = String::new();
    while i < old.len() || j < new.len() {
        let (sign, line) = if i < old.len() && j < new.len() && old[i] == new[j] {
            (i, j) = (i + 1, j + 1);
            (' ', new[j - 1])
        } else if i < old.len() && (j == new.len() || common[i + 1][j] >= common[i][j + 1]) {
            i += 1;
            ('-', old[i - 1])
        } else {
            j += 1;
            ('+', new[j - 1])
        };
        text.extend([sign]);
        text.push_str(line);
        text.push('\n');
    }
    text
}

/// For each pair of tails, how many lines they have in common, in order.
fn common_lengths(old: &[&str], new: &[&str]) -> Vec<Vec<usize>> {
    let mut common = vec![vec![0; new.len() + 1]; old.len() + 1];
    for i in (0..old.len()).rev() {
        for j in (0..new.len()).rev() {
            common[i][j] = if old[i] == new[j] {
                common[i + 1][j + 1] + 1
            } else {
                common[i + 1][j].max(common[i][j + 1])
            };
        }
    }
    common
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn only_changed_lines_are_marked() {
        assert_eq!(diff("a\nb\nc\n", "a\nx\nc\nd\n"), " a\n-b\n+x\n c\n+d\n");
        assert_eq!(diff("", ""), "");
    }

    proptest! {
        #[test]
        fn both_texts_can_be_read_off(old in "([abc]\n){0,8}", new in "([abc]\n){0,8}") {
            let diff = diff(&old, &new);
            let side = |mark| {
                let lines = diff.split_inclusive('\n').filter(|line| line.starts_with([' ', mark]));
                lines.map(|line| &line[1..]).collect::<String>()
            };
            prop_assert_eq!(side('-'), old);
            prop_assert_eq!(side('+'), new);
        }
    }
}
