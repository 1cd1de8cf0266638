//! What carries answers back to those who asked: a bounded number of tasks, each forgotten when it ends.

use std::future::pending;
use std::hash::Hash;

use tokio::task::{AbortHandle, JoinSet};
use tokio::time::Instant;

use crate::recency::{Recency, Used};

/// Flows by who asks, at most so many: one more ends the one that has been idle for longest.
#[derive(Debug)]
pub(crate) struct Flows<K, V> {
    flows: Recency<K, Flow<V>>,
    /// What carries their answers back. Each gives its key when it is over; another flow may have that by then.
    answers: JoinSet<K>,
}

/// A flow, whose task ends when it is dropped.
#[derive(Debug)]
struct Flow<V> {
    value: V,
    answers: AbortHandle,
}

impl<K: Copy + Eq + Hash + Ord + Send + 'static, V: Used> Flows<K, V> {
    pub(crate) fn new(most: usize) -> Self {
        Self { flows: Recency::new(most), answers: JoinSet::new() }
    }

    pub(crate) fn get_mut(&mut self, key: &K) -> Option<&mut V> {
        self.flows.get_mut(key).map(|flow| &mut flow.value)
    }

    /// Drops the idlest while there is no room for one more: what it holds, a descriptor or a port, is free then.
    pub(crate) fn make_room(&mut self) {
        self.flows.make_room();
    }

    /// Puts a flow in, in place of another under the same key. It is over when `answers` is done.
    pub(crate) fn insert(&mut self, key: K, value: V, answers: impl Future<Output = ()> + Send + 'static) {
        let answers = self.answers.spawn(async move {
            answers.await;
            key
        });
        self.flows.insert(key, Flow { value, answers });
    }

    /// Waits until a flow is over, and forgets it; for ever while there is none. Nothing is lost if it is not waited
    /// for to the end.
    pub(crate) async fn over(&mut self) {
        match self.answers.join_next_with_id().await {
            Some(Ok((task, key))) => self.flows.remove_if(&key, |flow| flow.answers.id() == task),
            // It was dropped already.
            Some(Err(_)) => {}
            None => pending().await,
        }
    }
}

impl<V: Used> Used for Flow<V> {
    fn last_used(&self) -> Instant {
        self.value.last_used()
    }
}

impl<V> Drop for Flow<V> {
    fn drop(&mut self) {
        self.answers.abort();
    }
}

#[cfg(test)]
impl<K: Copy + Eq + Hash + Ord, V: Used> Flows<K, V> {
    pub(crate) fn len(&self) -> usize {
        self.flows.len()
    }

    pub(crate) fn set_most(&mut self, most: usize) {
        self.flows.set_most(most);
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::oneshot;

    use super::*;

    /// Used when it was made, and never again.
    struct Once(Instant);

    impl Used for Once {
        fn last_used(&self) -> Instant {
            self.0
        }
    }

    fn once() -> Once {
        Once(Instant::now())
    }

    #[tokio::test]
    async fn what_is_over_is_forgotten_and_its_successor_is_not() {
        let mut flows = Flows::new(8);
        let (_first, told) = oneshot::channel::<()>();
        flows.insert(1, once(), async { drop(told.await) });
        let (second, told) = oneshot::channel();
        flows.insert(1, once(), async { drop(told.await) });
        // The first has made way.
        flows.over().await;
        assert_eq!(flows.len(), 1);
        second.send(()).expect("it waits");
        flows.over().await;
        assert_eq!(flows.len(), 0);
    }

    #[tokio::test]
    async fn a_task_ends_with_its_flow() {
        let mut flows = Flows::new(1);
        let (mut first, told) = oneshot::channel::<()>();
        flows.insert(1, once(), async { drop(told.await) });
        flows.insert(2, once(), pending());
        first.closed().await;
        assert!(flows.get_mut(&1).is_none() && flows.get_mut(&2).is_some());
    }
}
