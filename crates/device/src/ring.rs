//! Memory that the kernel fills with frames and we read: the receive ring of a packet socket
//! (`PACKET_RX_RING`, `TPACKET_V2`).
//!
//! ```text
//!   ┌───────────┬───────────┬───────────┬───────────┐
//!   │ ours      │ ours      │ kernel's  │ kernel's  │   a slot: header, virtio header, frame
//!   └───────────┴───────────┴───────────┴───────────┘
//!     ▲ next                  ▲ where the kernel goes on
//! ```
//!
//! A socket's own queue is bounded by `net.core.rmem_max`, on most systems 208 KiB: half a dozen
//! super-segments, and what comes above that is lost. The ring has room for some hundred whatever the
//! system allows, and a frame costs no system call.

use std::ffi::c_int;
use std::io;
use std::mem::size_of;
use std::ops::Range;
use std::os::fd::AsFd;
use std::ptr::{self, NonNull};
use std::sync::atomic::{AtomicU32, Ordering};

use rustix::mm::{MapFlags, ProtFlags, mmap, munmap};

use crate::packet_socket::set_option;
use crate::virtio;

/// Octets of a slot besides the frame: the kernel's header and address, the virtio header, and
/// what aligning them takes.
const OVERHEAD: usize = (libc::TPACKET2_HDRLEN + 16).next_multiple_of(16) + virtio::SHORT_LEN;
/// Octets of a block: memory that is in one piece where the kernel has such a piece.
const BLOCK: usize = 2 << 20;
/// Blocks, if there is memory for them: 16 MiB.
const BLOCKS: usize = 8;

/// How slots lie in blocks, one after another; none reaches into the next block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Layout {
    slot: usize,
    slots_in_block: usize,
}

impl Layout {
    /// For frames of at most this many octets. None if they do not even fit into a block.
    fn of(frame: usize) -> Option<Self> {
        let slot = (OVERHEAD + frame).next_multiple_of(libc::TPACKET_ALIGNMENT);
        Some(Self { slot, slots_in_block: BLOCK / slot }).filter(|layout| layout.slots_in_block > 0)
    }

    /// Where a slot starts.
    fn offset(self, slot: usize) -> usize {
        slot / self.slots_in_block * BLOCK + slot % self.slots_in_block * self.slot
    }
}

/// The ring.
#[derive(Debug)]
pub(crate) struct Ring {
    memory: NonNull<u8>,
    layout: Layout,
    blocks: usize,
    /// The slot that is looked at next.
    next: usize,
    /// The slot before it is still being read.
    holds: bool,
}

// SAFETY: the memory is this value's alone (and the kernel's), and is not bound to a thread.
unsafe impl Send for Ring {}

/// A frame in the ring, which is ours until [`Ring::release`].
#[derive(Debug, Clone)]
pub(crate) struct Slot {
    /// The virtio header in front of the frame.
    pub(crate) virtio: [u8; virtio::SHORT_LEN],
    /// Where the frame lies in the ring.
    pub(crate) frame: Range<usize>,
    /// The kernel took a VLAN tag off.
    pub(crate) had_tag: bool,
}

impl Ring {
    /// Gives the socket a ring for frames of at most this many octets, with fewer slots where memory
    /// is short.
    pub(crate) fn new(socket: impl AsFd, frame: usize) -> io::Result<Self> {
        let layout = Layout::of(frame).ok_or(io::ErrorKind::InvalidInput)?;
        set_option(&socket, libc::PACKET_VERSION, libc::tpacket_versions::TPACKET_V2 as c_int)?;
        let mut blocks = BLOCKS;
        while let Err(error) = request(&socket, layout, blocks) {
            blocks /= 2;
            if blocks == 0 {
                return Err(error);
            }
        }
        let (protection, flags) = (ProtFlags::READ | ProtFlags::WRITE, MapFlags::SHARED);
        // SAFETY: the kernel chooses where the mapping goes, so it covers no memory of ours.
        let memory = unsafe { mmap(ptr::null_mut(), blocks * BLOCK, protection, flags, socket, 0) }?;
        let memory = NonNull::new(memory.cast()).ok_or(io::ErrorKind::OutOfMemory)?;
        Ok(Self { memory, layout, blocks, next: 0, holds: false })
    }

    /// Takes the next slot that the kernel has filled. The one taken before is given back.
    pub(crate) fn take(&mut self) -> Option<Slot> {
        self.release();
        let at = self.layout.offset(self.next);
        let status = self.status(at).load(Ordering::Acquire);
        if status & libc::TP_STATUS_USER == 0 {
            return None;
        }
        // SAFETY: the slot is ours since its status says so, and starts with this header, which is
        // aligned as slots are (16 octets).
        let header = unsafe { self.memory.add(at).cast::<libc::tpacket2_hdr>().read() };
        self.next = (self.next + 1) % self.slots();
        self.holds = true;
        let had_tag = status & libc::TP_STATUS_VLAN_VALID != 0;
        Some(self.slot(at, &header, had_tag).unwrap_or(Slot {
            virtio: [0; virtio::SHORT_LEN],
            frame: at..at,
            had_tag,
        }))
    }

    /// None for a frame that did not fit into its slot.
    fn slot(&self, at: usize, header: &libc::tpacket2_hdr, had_tag: bool) -> Option<Slot> {
        let (start, length) = (usize::from(header.tp_mac), header.tp_snaplen as usize);
        let is_whole = header.tp_snaplen == header.tp_len && start + length <= self.layout.slot;
        let virtio_at = start.checked_sub(virtio::SHORT_LEN)?;
        if !is_whole || virtio_at < size_of::<libc::tpacket2_hdr>() {
            return None;
        }
        let virtio = *self.octets(at + virtio_at..at + start).first_chunk()?;
        Some(Slot { virtio, frame: at + start..at + start + length, had_tag })
    }

    /// What lies there. The range is one of the slot last taken.
    pub(crate) fn octets(&self, range: Range<usize>) -> &[u8] {
        let is_inside = range.start <= range.end && range.end <= self.blocks * BLOCK;
        let Range { start, end } = if is_inside { range } else { 0..0 };
        // SAFETY: it is inside the mapping. The slot is ours while `self` is borrowed: giving it
        // back takes `&mut self`, and until then the kernel does not touch it.
        unsafe { std::slice::from_raw_parts(self.memory.add(start).as_ptr(), end - start) }
    }

    /// Gives the slot last taken back to the kernel.
    pub(crate) fn release(&mut self) {
        if std::mem::take(&mut self.holds) {
            let last = self.layout.offset((self.next + self.slots() - 1) % self.slots());
            self.status(last).store(libc::TP_STATUS_KERNEL, Ordering::Release);
        }
    }

    fn slots(&self) -> usize {
        self.blocks * self.layout.slots_in_block
    }

    /// The word by which a slot changes hands.
    fn status(&self, at: usize) -> &AtomicU32 {
        // SAFETY: a slot's first four octets are its status, aligned, and both sides change it as
        // a whole; `at` is the offset of a slot.
        unsafe { AtomicU32::from_ptr(self.memory.add(at).cast().as_ptr()) }
    }
}

impl Drop for Ring {
    fn drop(&mut self) {
        // SAFETY: it was mapped with this length, and no slice of it outlives `self`.
        let _ = unsafe { munmap(self.memory.as_ptr().cast(), self.blocks * BLOCK) };
    }
}

fn request(socket: impl AsFd, layout: Layout, blocks: usize) -> io::Result<()> {
    let request = libc::tpacket_req {
        tp_block_size: BLOCK as u32,
        tp_block_nr: blocks as u32,
        tp_frame_size: layout.slot as u32,
        tp_frame_nr: (blocks * layout.slots_in_block) as u32,
    };
    set_option(socket, libc::PACKET_RX_RING, request)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_stay_within_their_blocks_and_are_aligned() {
        for frame in [60, 1514, 32_782, crate::MAX_PACKET + 14, BLOCK - 200] {
            let layout = Layout::of(frame).expect("it fits");
            for slot in 0..BLOCKS * layout.slots_in_block {
                let at = layout.offset(slot);
                assert_eq!(at / BLOCK, (at + layout.slot - 1) / BLOCK, "frames of {frame}, slot {slot}");
                assert!(at.is_multiple_of(16) && at + layout.slot <= BLOCKS * BLOCK);
            }
        }
        assert_eq!(Layout::of(BLOCK), None);
    }

    #[test]
    fn super_segments_have_as_much_room_as_a_tun_device_has() {
        let layout = Layout::of(32_768 + 14).expect("it fits");
        assert_eq!(BLOCKS * layout.slots_in_block, 504);
    }
}
