//! What of a file is kept: an ordered list of pieces, so that nothing is copied before it is needed.

use std::io::{self, BufRead, Read, Seek, SeekFrom};
use std::ops::Range;

use super::damaged;
use crate::domain::facts::Rejection;

/// More pieces than any honest file has (one for each comment between two frames, say), and few enough that
/// the list itself is no way to fill the memory.
const PIECES_MAX: usize = 10_000;

/// A part of the stripped file.
#[derive(Clone, Debug)]
enum Piece {
    /// These bytes of the received file, as they are.
    Kept(Range<usize>),
    /// Written anew: a shorter Exif, a header with another length.
    Made(Vec<u8>),
}

/// The stripped file, in terms of the received one.
#[derive(Clone, Debug, Default)]
pub struct Stripped {
    pieces: Vec<Piece>,
    length: usize,
}

impl Stripped {
    /// Keeps a range of the received file. Neighbours become one piece.
    pub(super) fn keep(&mut self, range: Range<usize>) -> Result<(), Rejection> {
        self.length += range.len();
        if let Some(Piece::Kept(last)) = self.pieces.last_mut()
            && last.end == range.start
        {
            last.end = range.end;
            return Ok(());
        }
        self.push(Piece::Kept(range))
    }

    /// Adds bytes that the received file does not have like this.
    pub(super) fn make(&mut self, bytes: Vec<u8>) -> Result<(), Rejection> {
        self.length += bytes.len();
        self.push(Piece::Made(bytes))
    }

    /// Puts a header before everything: one that could only be written once the rest was known.
    pub(super) fn precede(&mut self, bytes: Vec<u8>) -> Result<(), Rejection> {
        let rest = std::mem::take(self);
        self.make(bytes)?;
        self.append(rest)
    }

    /// Adds the pieces of another list.
    pub(super) fn append(&mut self, other: Self) -> Result<(), Rejection> {
        other.pieces.into_iter().try_for_each(|piece| match piece {
            Piece::Kept(range) => self.keep(range),
            Piece::Made(bytes) => self.make(bytes),
        })
    }

    fn push(&mut self, piece: Piece) -> Result<(), Rejection> {
        if self.pieces.len() >= PIECES_MAX {
            return Err(damaged("it is made of too many parts"));
        }
        self.pieces.push(piece);
        Ok(())
    }

    /// Length in bytes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.length
    }

    /// Whether nothing is kept.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// Writes the stripped file to a new place. `received` is what was examined.
    #[must_use]
    pub fn to_vec(&self, received: &[u8]) -> Vec<u8> {
        let mut stripped = Vec::with_capacity(self.length);
        for part in self.parts(received) {
            stripped.extend_from_slice(part);
        }
        stripped
    }

    /// Turns the received file into the stripped one without a second buffer of its size. `received` is what
    /// was examined. Where the output would overtake the input it is copied after all.
    #[must_use]
    pub fn in_place(self, mut received: Vec<u8>) -> Vec<u8> {
        if !self.fits_in_place(received.len()) {
            return self.to_vec(&received);
        }
        let mut out = 0;
        for piece in self.pieces {
            match piece {
                Piece::Kept(range) => {
                    let length = range.len();
                    received.copy_within(range, out);
                    out += length;
                }
                Piece::Made(bytes) => {
                    if let Some(place) = received.get_mut(out..out + bytes.len()) {
                        place.copy_from_slice(&bytes);
                    }
                    out += bytes.len();
                }
            }
        }
        received.truncate(out);
        received
    }

    /// Whether each piece can be put in its place while everything that comes later is still intact: kept
    /// ranges ascend, and none has to move towards the end.
    fn fits_in_place(&self, received_bytes: usize) -> bool {
        let (mut out, mut read_to) = (0, 0);
        for piece in &self.pieces {
            match piece {
                Piece::Kept(range) => {
                    if range.start < read_to || out > range.start || range.end > received_bytes {
                        return false;
                    }
                    read_to = range.end;
                    out += range.len();
                }
                Piece::Made(bytes) => out += bytes.len(),
            }
        }
        out <= received_bytes
    }

    fn parts<'a>(&'a self, received: &'a [u8]) -> impl Iterator<Item = &'a [u8]> {
        self.pieces.iter().map(|piece| match piece {
            Piece::Kept(range) => received.get(range.clone()).unwrap_or_default(),
            Piece::Made(bytes) => bytes,
        })
    }

    /// Reads the stripped file without writing it: decoders get this, never the received bytes.
    pub(super) fn reader<'a>(&'a self, received: &'a [u8]) -> PiecesReader<'a> {
        PiecesReader::new(self.parts(received).collect())
    }
}

/// Reads slices as if they were one.
pub struct PiecesReader<'a> {
    slices: Vec<&'a [u8]>,
    next: usize,
    rest: &'a [u8],
}

impl<'a> PiecesReader<'a> {
    /// A reader at the beginning of the first slice.
    pub fn new(slices: Vec<&'a [u8]>) -> Self {
        Self { slices, next: 0, rest: &[] }
    }

    fn position(&self) -> u64 {
        let begun: usize = self.slices.iter().take(self.next).map(|slice| slice.len()).sum();
        (begun - self.rest.len()) as u64
    }
}

impl BufRead for PiecesReader<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        while self.rest.is_empty() {
            let Some(slice) = self.slices.get(self.next) else { break };
            self.rest = slice;
            self.next += 1;
        }
        Ok(self.rest)
    }

    fn consume(&mut self, amount: usize) {
        self.rest = self.rest.get(amount..).unwrap_or_default();
    }
}

impl Read for PiecesReader<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let available = self.fill_buf()?;
        let count = available.len().min(into.len());
        if let (Some(from), Some(to)) = (available.get(..count), into.get_mut(..count)) {
            to.copy_from_slice(from);
        }
        self.consume(count);
        Ok(count)
    }
}

impl Seek for PiecesReader<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let total: u64 = self.slices.iter().map(|slice| slice.len() as u64).sum();
        let (base, offset) = match to {
            SeekFrom::Start(at) => (at, 0),
            SeekFrom::End(offset) => (total, offset),
            SeekFrom::Current(offset) => (self.position(), offset),
        };
        let target = base.checked_add_signed(offset).ok_or(io::ErrorKind::InvalidInput)?;
        let mut left = target;
        self.next = 0;
        self.rest = &[];
        while let Some(slice) = self.slices.get(self.next) {
            self.next += 1;
            if left < slice.len() as u64 {
                self.rest = usize::try_from(left).ok().and_then(|at| slice.get(at..)).unwrap_or_default();
                break;
            }
            left -= slice.len() as u64;
        }
        Ok(target)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RECEIVED: &[u8] = b"0123456789";

    fn list(pieces: &[Result<Range<usize>, &[u8]>]) -> Stripped {
        let mut stripped = Stripped::default();
        for piece in pieces {
            match piece {
                Ok(range) => stripped.keep(range.clone()).unwrap(),
                Err(made) => stripped.make(made.to_vec()).unwrap(),
            }
        }
        stripped
    }

    #[test]
    fn in_place_or_not_the_result_is_the_same() {
        let lists = [
            list(&[Ok(0..4), Ok(6..9)]),
            list(&[Ok(0..2), Err(b"AB"), Ok(5..10)]),
            // The made piece would overwrite what is still to be read, or does not fit behind it.
            list(&[Ok(0..2), Err(b"ABCDEF"), Ok(3..10)]),
            list(&[Ok(0..10), Err(b"AB")]),
            // Out of order.
            list(&[Ok(5..9), Ok(0..3)]),
            list(&[Err(b"AB")]),
            list(&[]),
        ];
        for stripped in lists {
            let expected = stripped.to_vec(RECEIVED);
            assert_eq!((expected.len(), expected.is_empty()), (stripped.len(), stripped.is_empty()));
            assert_eq!(stripped.in_place(RECEIVED.to_vec()), expected);
        }
    }

    #[test]
    fn neighbours_become_one_piece_and_the_number_of_pieces_is_limited() {
        assert_eq!(list(&[Ok(0..2), Ok(2..5)]).pieces.len(), 1);
        let mut stripped = Stripped::default();
        let refused = (0..=PIECES_MAX).find_map(|number| stripped.keep(number * 2..number * 2 + 1).err());
        assert!(refused.is_some());
    }

    #[test]
    fn the_reader_reads_and_seeks_over_the_seams() {
        let stripped = list(&[Ok(0..3), Err(b"AB"), Ok(7..10)]);
        let whole = stripped.to_vec(RECEIVED);
        let mut reader = stripped.reader(RECEIVED);
        for from in [0, 2, 3, 4, 5, 7, 8, 20, 1] {
            assert_eq!(reader.seek(SeekFrom::Start(from)).unwrap(), from);
            let mut rest = Vec::new();
            reader.read_to_end(&mut rest).unwrap();
            assert_eq!(rest, whole.get(from as usize..).unwrap_or_default());
        }
        reader.seek(SeekFrom::Start(2)).unwrap();
        reader.read_exact(&mut [0; 2]).unwrap();
        assert_eq!(reader.stream_position().unwrap(), 4);
        assert_eq!(reader.seek(SeekFrom::End(-1)).unwrap(), 7);
        assert!(reader.seek(SeekFrom::Current(-20)).is_err());
    }
}
