//! The bytes of a file, or a part of them.

use std::{
    fs::File,
    io::{Read, Seek, SeekFrom},
    path::Path,
};

use axum::{
    body::Body,
    http::{HeaderMap, StatusCode, header},
    response::Response,
};
use bytes::{Bytes, BytesMut};
use futures_util::stream;
use tokio::io::AsyncReadExt;

use crate::{
    answer::set,
    error::{Error, Result},
};

/// A part of a file that was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    All,
    /// From a byte, so many.
    Some(u64, u64),
    Outside,
}

/// Answers with a file, honouring `Range`, `If-Range` and `If-None-Match`.
pub(crate) fn send(headers: &HeaderMap, path: &Path, etag: &str) -> Result<Response> {
    let tag = format!("\"{etag}\"");
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    if text(header::IF_NONE_MATCH)
        .is_some_and(|known| known == "*" || known.split(", ").any(|known| known == tag))
    {
        let mut response = crate::answer::empty(StatusCode::NOT_MODIFIED);
        set(&mut response, "etag", &tag);
        return Ok(response);
    }
    let mut file = File::open(path).map_err(Error::disk("read", path))?;
    let size = file.metadata().map_err(Error::disk("read", path))?.len();
    let same = text(header::IF_RANGE).is_none_or(|known| known == tag);
    let part = text(header::RANGE).filter(|_| same).map_or(Part::All, |range| part(range, size));
    let (status, start, length) = match part {
        Part::All => (StatusCode::OK, 0, size),
        Part::Some(start, length) => (StatusCode::PARTIAL_CONTENT, start, length),
        Part::Outside => (StatusCode::RANGE_NOT_SATISFIABLE, 0, 0),
    };
    file.seek(SeekFrom::Start(start)).map_err(Error::disk("read", path))?;
    let mut response = Response::new(body(file, length).map_err(Error::disk("read", path))?);
    *response.status_mut() = status;
    match part {
        Part::All => {}
        Part::Some(..) => {
            let range = format!("bytes {start}-{}/{size}", start + length - 1);
            set(&mut response, "content-range", &range);
        }
        Part::Outside => set(&mut response, "content-range", &format!("bytes */{size}")),
    }
    for (name, value) in [
        ("accept-ranges", "bytes"),
        ("content-length", &length.to_string()),
        ("content-type", "application/octet-stream"),
        ("etag", &tag),
    ] {
        set(&mut response, name, value);
    }
    Ok(response)
}

/// What a `Range` header asks of a file of this size. Several ranges at once are not given: then all is.
fn part(range: &str, size: u64) -> Part {
    let Some((start, end)) = range.strip_prefix("bytes=").and_then(|range| range.split_once('-')) else {
        return Part::All;
    };
    match (start.trim().parse::<u64>(), end.trim().parse::<u64>()) {
        (Ok(start), Ok(end)) if start > end => Part::All,
        (Ok(start), Ok(end)) if start < size => Part::Some(start, end.min(size - 1) - start + 1),
        (Ok(start), Err(_)) if end.trim().is_empty() && start < size => Part::Some(start, size - start),
        (Ok(_), Ok(_)) => Part::Outside,
        (Ok(_), Err(_)) if end.trim().is_empty() => Part::Outside,
        (Err(_), Ok(last)) if start.trim().is_empty() && last > 0 && size > 0 => {
            Part::Some(size - last.min(size), last.min(size))
        }
        (Err(_), Ok(_)) if start.trim().is_empty() => Part::Outside,
        _ => Part::All,
    }
}

/// The next bytes of a file; what is small is read at once.
fn body(file: File, length: u64) -> std::io::Result<Body> {
    const SMALL: u64 = 64 << 10;
    if length <= SMALL {
        let mut content = Vec::with_capacity(length as usize);
        file.take(length).read_to_end(&mut content)?;
        return Ok(Body::from(content));
    }
    let start = (tokio::fs::File::from_std(file), length);
    Ok(Body::from_stream(stream::try_unfold(start, |(mut file, left)| async move {
        if left == 0 {
            return Ok::<_, std::io::Error>(None);
        }
        let mut buffer = BytesMut::with_capacity(left.min(256 << 10) as usize);
        let count = (&mut file).take(left).read_buf(&mut buffer).await?;
        if count == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }

        Ok(Some((Bytes::from(buffer), (file, left - count as u64))))
    })))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read_as_http_says() {
        for (range, expected) in [
            ("bytes=0-0", Part::Some(0, 1)),
            ("bytes=2-99", Part::Some(2, 8)),
            ("bytes=9-", Part::Some(9, 1)),
            ("bytes=-4", Part::Some(6, 4)),
            ("bytes=-99", Part::Some(0, 10)),
            ("bytes=10-", Part::Outside),
            ("bytes=10-12", Part::Outside),
            ("bytes=-0", Part::Outside),
            ("bytes=5-4", Part::All),
            ("bytes=a-b", Part::All),
            ("bytes=0-1,4-5", Part::All),
            ("rows=0-1", Part::All),
        ] {
            assert_eq!(part(range, 10), expected, "{range}");
        }
        assert_eq!(part("bytes=-4", 0), Part::Outside);
    }
}
