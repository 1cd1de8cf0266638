//! The corner cases of opening and closing, each by its number in the list of corner cases: played once as it is meant,
//! then again under every single loss, every duplication and every swap of its packets.
//!
//! ```text
//! Corner ── scenes ──▶ Scene::play(None) ──▶ Played: what was on the wire, how it ended ──▶ what the case says of it
//!                          │
//!                          └─ every Variant of its packets ──▶ Played: no oracle objects, and it ended the same way
//! ```
//!
//! A variant may end otherwise only where the scene has an [exception](scene::Scene::except) with a reason; one that ends
//! as the scene does has no business being an exception, and fails. `docs/corner-cases.md` is drawn from the same list.

#[path = "../../../tcp/tests/common/notation.rs"]
mod notation;

mod corner;
mod outcome;
mod page;
mod scene;
mod stage;
mod variant;

mod cases;
