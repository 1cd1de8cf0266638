use super::*;

fn fill(pool: &mut Pool, id: ChunkId, octet: u8) {
    pool.chunk_mut(id).fill(octet);
}

fn holds(pool: &Pool, id: ChunkId, octet: u8) -> bool {
    let chunk = pool.chunk(id);
    chunk.len() == id.size().octets() && chunk.iter().all(|&o| o == octet)
}

#[test]
fn chunks_do_not_share_octets() {
    let mut pool = Pool::new(1 << 20);
    let chunks: Vec<_> = (0..100)
        .map(|i| pool.take(if i % 7 == 0 { Size::Large } else { Size::Small }).expect("within the limit"))
        .collect();
    for (octet, &id) in chunks.iter().enumerate() {
        fill(&mut pool, id, octet as u8);
    }
    for (octet, &id) in chunks.iter().enumerate() {
        assert!(holds(&pool, id, octet as u8), "{id:?}");
    }
}

#[test]
fn the_limit_counts_whole_chunks() {
    let mut pool = Pool::new(LARGE + 2 * SMALL);
    assert!(pool.take(Size::Large).is_some());
    assert!(pool.take(Size::Small).is_some());
    let last = pool.take(Size::Small).expect("just fits");
    assert_eq!((pool.in_use(), pool.limit()), (LARGE + 2 * SMALL, LARGE + 2 * SMALL));
    assert_eq!((pool.take(Size::Small), pool.take(Size::Large)), (None, None));
    pool.give_back(last);
    assert_eq!((pool.take(Size::Large), pool.in_use()), (None, LARGE + SMALL));
    assert!(pool.take(Size::Small).is_some());
}

#[test]
fn sixteen_small_chunks_share_a_page() {
    let mut pool = Pool::new(1 << 20);
    let chunks: Vec<_> = (0..32).filter_map(|_| pool.take(Size::Small)).collect();
    assert_eq!((chunks.len(), pool.pages.len(), pool.shared.len()), (32, 2, 0));
    pool.give_back(chunks[3]);
    pool.give_back(chunks[20]);
    assert_eq!(pool.shared.len(), 2, "both have room again");
    chunks.iter().enumerate().filter(|&(i, _)| i != 3 && i != 20).for_each(|(_, &id)| pool.give_back(id));
    assert_eq!((pool.in_use(), pool.shared.len(), pool.vacant.len()), (0, 0, 2));
    assert!(pool.take(Size::Large).is_some());
    assert_eq!(pool.pages.len(), 2, "a page of small chunks can become a large one");
}

#[test]
fn memory_beyond_the_spare_goes_back() {
    let mut pool = Pool::new(1 << 30);
    let chunks: Vec<_> = (0..2 * SPARE_PAGES).filter_map(|_| pool.take(Size::Large)).collect();
    chunks.iter().for_each(|&id| pool.give_back(id));
    let furnished = |pool: &Pool| pool.pages.iter().filter(|page| page.octets().is_some()).count();
    assert_eq!((pool.spare, furnished(&pool)), (SPARE_PAGES, SPARE_PAGES));
    let again: Vec<_> = (0..2 * SPARE_PAGES).filter_map(|_| pool.take(Size::Large)).collect();
    assert_eq!((pool.spare, furnished(&pool), pool.pages.len()), (0, again.len(), again.len()));
}

#[test]
fn a_clone_is_the_same_and_separate_and_has_no_spare_memory() {
    let mut pool = Pool::new(1 << 20);
    let (a, b) = (pool.take(Size::Large).expect("room"), pool.take(Size::Small).expect("room"));
    let spare = pool.take(Size::Large).expect("room");
    fill(&mut pool, a, 1);
    fill(&mut pool, b, 2);
    pool.give_back(spare);
    let mut clone = pool.clone();
    fill(&mut pool, a, 3);
    assert!(holds(&clone, a, 1) && holds(&clone, b, 2) && holds(&pool, a, 3));
    assert_eq!((clone.in_use(), clone.spare), (pool.in_use(), 0));
    assert_eq!(clone.pages.iter().filter(|page| page.octets().is_some()).count(), 2);
    for _ in 0..3 {
        assert_eq!(clone.take(Size::Small), pool.take(Size::Small), "the same numbers from then on");
        assert_eq!(clone.take(Size::Large), pool.take(Size::Large));
    }
}

#[test]
fn numbers_say_size_page_and_slot() {
    for page in [0, 1, 77, ChunkId::PAGES - 1] {
        let large = ChunkId::large(page);
        assert_eq!((large.size(), large.page(), large.range()), (Size::Large, page, 0..4096));
        for slot in [0, 1, 15] {
            let small = ChunkId::small(page, slot).with_tag(15 - slot);
            assert_eq!(
                (small.size(), small.page(), small.slot(), small.tag()),
                (Size::Small, page, slot, 15 - slot)
            );
            assert_eq!(small.range().start, slot as usize * 256);
        }
    }
}

#[test]
fn an_empty_pool_is_small() {
    assert!(size_of::<Pool>() <= 160 && size_of::<Page>() <= 16 && size_of::<Option<ChunkId>>() == 4);
    let pool = Pool::new(1 << 30);
    assert_eq!((pool.pages.capacity(), pool.vacant.capacity(), pool.shared.capacity()), (0, 0, 0));
}
