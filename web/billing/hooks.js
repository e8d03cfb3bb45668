/** State that several parts of the page need: the page itself, long lists, mutations. */

import {
  createContext,
  useContext,
  useEffect,
  useRef,
  useState,
} from '/static/vendor/preact-htm.js';
import { newIdempotencyKey, read, write } from './api.js';

/**
 * The loaded page: viewer, account, groups, rights, the `first` of each list, and how many changes
 * were `known`; `revision` counts its loads, `reload` loads it anew, `say` shows a message, `finish`
 * ends a dialog whose work is done with all of these.
 */
export const Page = createContext(null);

export const usePage = () => useContext(Page);

/** A value that follows another one once that has been left alone for a while. */
export function useDebounced(value, milliseconds = 250) {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), milliseconds);
    return () => clearTimeout(timer);
  }, [value, milliseconds]);
  return settled;
}

const LARGEST_PAGE = 100;

const isNarrow = window.matchMedia('(max-width: 720px)').matches;

/** How the lists begin that come with the page: by which variables, and how many. */
export const FIRST = {
  users: { variables: { filter: {} }, step: isNarrow ? 10 : 20 },
  invoices: { variables: {}, step: isNarrow ? 5 : 10 },
};

/** The first `wanted` nodes of a connection of the account; `nodes` is null without the right. */
export async function readNodes(query, name, wanted, variables, signal) {
  const nodes = [];
  let after = null;
  for (;;) {
    const first = Math.min(wanted - nodes.length, LARGEST_PAGE);
    const { data, trouble } = await read(query, { ...variables, first, after }, signal);
    const connection = data.account[name];
    if (!connection) return { nodes: null, totalCount: 0, more: false, trouble };
    nodes.push(...connection.edges.map((edge) => edge.node));
    const { hasNextPage, endCursor } = connection.pageInfo;
    const done = !hasNextPage || nodes.length >= wanted;
    if (done) return { nodes, totalCount: connection.totalCount, more: hasNextPage, trouble };
    after = endCursor;
  }
}

/**
 * A list that is read again whenever the page changes; `showMore` makes it longer. As it begins
 * it comes with the page, so that nothing moves when it is shown.
 */
export function useNodes(query, name, { variables = {}, refresh = 0 }) {
  const { revision, first } = usePage();
  const { step, variables: begun } = FIRST[name];
  const asked = JSON.stringify(variables);
  const [wanted, setWanted] = useState({ asked, number: step });
  const [list, setList] = useState({ ...first[name], loading: false });
  const number = wanted.asked === asked ? wanted.number : step;
  const isFirst = asked === JSON.stringify(begun) && number === step && refresh === 0;
  useEffect(() => {
    if (isFirst) return void setList({ ...first[name], loading: false });
    const stop = new AbortController();
    setList((shown) => ({ ...shown, loading: true }));
    readNodes(query, name, number, JSON.parse(asked), stop.signal)
      .then((answer) => setList({ ...answer, loading: false }))
      .catch((error) => {
        if (!stop.signal.aborted) setList((shown) => ({ ...shown, loading: false, trouble: error.message }));
      });
    return () => stop.abort();
  }, [query, name, asked, number, revision, refresh]);
  return { ...list, showMore: () => setWanted({ asked, number: number + step }) };
}

const IDLE = { busy: false, userErrors: [], failure: null };

/**
 * A mutation, or with none given one at each `send`: `send(input)` returns its payload, or null when it was refused or failed,
 * with the reasons in `userErrors` and `failure`. With `repeatable`, a request that got
 * no answer is sent again under the same idempotency key.
 */
export function useMutation(mutation = null, { repeatable = false } = {}) {
  const [state, setState] = useState(IDLE);
  const attempt = useRef(null);

  async function send(input, document = mutation) {
    setState({ ...IDLE, busy: true });
    try {
      const payload = await write(document, repeatable ? withKey(attempt, input) : input);
      attempt.current = null;
      setState({ ...IDLE, userErrors: payload.userErrors });
      return payload.userErrors.length ? null : payload;
    } catch (error) {
      setState({ ...IDLE, failure: error.message });
      return null;
    }
  }

  return { ...state, send, clear: () => setState(IDLE) };
}

function withKey(attempt, input) {
  const text = JSON.stringify(input);
  if (attempt.current?.text !== text) attempt.current = { text, key: newIdempotencyKey() };
  return { ...input, idempotencyKey: attempt.current.key };
}
