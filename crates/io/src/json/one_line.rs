//! Bringing an item of an array that spans several lines onto one.

/// `row` without the white space outside of texts that holds line breaks; everything else as it is.
pub(crate) fn one_line<'a>(row: &'a [u8], scratch: &'a mut Vec<u8>) -> &'a [u8] {
    if memchr::memchr2(b'\n', b'\r', row).is_none() {
        return row;
    }
    scratch.clear();
    let mut at = 0;
    while at < row.len() {
        let from = at;
        match row[at] {
            b'"' => {
                at = end_of_text(row, at + 1);
                scratch.extend_from_slice(&row[from..at]);
            }
            b' ' | b'\t' | b'\r' | b'\n' => {
                let length =
                    row[at..].iter().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n')).count();
                at += length;
                let space = &row[from..at];
                if memchr::memchr2(b'\n', b'\r', space).is_none() {
                    scratch.extend_from_slice(space);
                }
            }
            byte => {
                scratch.push(byte);
                at += 1;
            }
        }
    }
    scratch
}

/// Where the text that is open at `at` ends, its quote included.
fn end_of_text(row: &[u8], mut at: usize) -> usize {
    while let Some(length) = memchr::memchr2(b'"', b'\\', &row[at..]) {
        at += length + 1;
        if row[at - 1] == b'"' {
            return at;
        }
        at = (at + 1).min(row.len());
    }
    row.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_breaks_outside_of_texts_go() {
        let mut scratch = vec![];
        assert_eq!(one_line(b"{ \"a\" :  1 }", &mut scratch), b"{ \"a\" :  1 }");
        assert_eq!(
            one_line(b"{\n  \"a \\\" \\n\": [1,\r\n 2] , \"b\": 3\n}", &mut scratch),
            b"{\"a \\\" \\n\": [1,2] , \"b\": 3}"
        );
        assert_eq!(one_line(b"{\n\"cut \\", &mut scratch), b"{\"cut \\");
    }
}
