/** The tables, as numbered migrations. A migration that has been released is never edited: the next one changes it. */

/** Marks a file as ours: `SGBX`. */
export const applicationId = 0x53474258;

export const migrations: readonly string[] = [
  `
  -- Who may write. One row, replaced when a dead owner is taken over; the epoch only grows.
  CREATE TABLE owner (
    one        INTEGER PRIMARY KEY CHECK (one = 1),
    pid        INTEGER,
    start_time TEXT NOT NULL,
    boot_id    TEXT NOT NULL,
    epoch      INTEGER NOT NULL
  ) STRICT;
  INSERT INTO owner VALUES (1, NULL, '', '', 0);

  CREATE TABLE definitions (
    hash       TEXT PRIMARY KEY,
    kind       TEXT NOT NULL,
    definition TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE actors (
    id         TEXT PRIMARY KEY,
    kind       TEXT NOT NULL,
    definition TEXT NOT NULL REFERENCES definitions (hash),
    parent_id  TEXT REFERENCES actors (id),
    child_id   TEXT,
    status     TEXT NOT NULL CHECK (status IN ('active', 'done', 'error', 'stopped')),
    state      TEXT NOT NULL,
    version    INTEGER NOT NULL,
    -- Position of the last entry in the log.
    head       INTEGER NOT NULL,
    snapshot   TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX actors_children ON actors (parent_id, id) WHERE parent_id IS NOT NULL;
  CREATE INDEX actors_active ON actors (kind, id) WHERE status = 'active';
  CREATE INDEX actors_kind ON actors (kind, id);

  -- Append-only. Positions are global and grow with every commit; seq counts within one actor. An entry points to the
  -- one before it of the same actor, so that the log of an actor is a chain: an index over all entries would touch a
  -- page of its own for every actor in every commit. Every 64th entry is indexed, as a way into a long chain. The head of
  -- the chain in the actor's row is the reference; a foreign key back would be looked up for every entry.
  CREATE TABLE log (
    position   INTEGER PRIMARY KEY,
    previous   INTEGER,
    actor_id   TEXT NOT NULL,
    seq        INTEGER NOT NULL,
    at         INTEGER NOT NULL,
    event      TEXT NOT NULL,
    source     TEXT NOT NULL,
    dedupe_key TEXT,
    outcome    TEXT NOT NULL CHECK (outcome IN ('applied', 'ignored', 'duplicate', 'rejected')),
    from_state TEXT NOT NULL,
    to_state   TEXT NOT NULL,
    reason     TEXT
  ) STRICT;
  CREATE UNIQUE INDEX log_milestones ON log (actor_id, seq) WHERE seq % 64 = 1;
  -- The law behind "once": a key is taken by an actor at most one time.
  CREATE UNIQUE INDEX log_keys ON log (actor_id, dedupe_key)
    WHERE dedupe_key IS NOT NULL AND outcome IN ('applied', 'ignored');

  CREATE TABLE inbox (
    position   INTEGER PRIMARY KEY AUTOINCREMENT,
    actor_id   TEXT NOT NULL,
    event      TEXT NOT NULL,
    source     TEXT NOT NULL,
    dedupe_key TEXT,
    ref        TEXT,
    at         INTEGER NOT NULL,
    parked     INTEGER NOT NULL,
    error      TEXT
  ) STRICT;
  CREATE INDEX inbox_actor ON inbox (actor_id);

  CREATE TABLE timers (
    actor_id TEXT NOT NULL REFERENCES actors (id),
    timer_id TEXT NOT NULL,
    due      INTEGER NOT NULL,
    event    TEXT NOT NULL,
    target   TEXT,
    PRIMARY KEY (actor_id, timer_id)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX timers_due ON timers (due);

  CREATE TABLE jobs (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    ref      TEXT NOT NULL UNIQUE,
    actor_id TEXT NOT NULL REFERENCES actors (id),
    child_id TEXT NOT NULL,
    src      TEXT NOT NULL,
    input    TEXT NOT NULL,
    at       INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX jobs_actor ON jobs (actor_id);

  CREATE TABLE outbox (
    position   INTEGER PRIMARY KEY AUTOINCREMENT,
    key        TEXT NOT NULL UNIQUE,
    actor_id   TEXT NOT NULL REFERENCES actors (id),
    type       TEXT NOT NULL,
    params     TEXT NOT NULL,
    target     TEXT,
    at         INTEGER NOT NULL,
    state      TEXT NOT NULL CHECK (state IN ('open', 'delivered', 'dead')),
    attempts   INTEGER NOT NULL,
    not_before INTEGER NOT NULL,
    error      TEXT
  ) STRICT;
  CREATE INDEX outbox_open ON outbox (position) WHERE state = 'open';
  CREATE INDEX outbox_dead ON outbox (position) WHERE state = 'dead';
  CREATE INDEX outbox_actor ON outbox (actor_id);
  `,
  `
  -- What a state means, in the machine's words; NULL where the row is older than this.
  ALTER TABLE actors ADD COLUMN tags TEXT;

  -- Lists go by this: the actors of a kind that carry a tag, the living apart from those that have ended, in the order in
  -- which they were made. The tag '' is carried by all.
  CREATE TABLE tags (
    kind       TEXT NOT NULL,
    tag        TEXT NOT NULL,
    ended      INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    actor_id   TEXT NOT NULL,
    PRIMARY KEY (kind, tag, ended, created_at, actor_id)
  ) STRICT, WITHOUT ROWID;
  INSERT INTO tags SELECT kind, '', status <> 'active', created_at, id FROM actors;

  -- How many rows there are of each, so that nobody has to count them.
  CREATE TABLE tag_counts (
    kind  TEXT NOT NULL,
    tag   TEXT NOT NULL,
    ended INTEGER NOT NULL,
    count INTEGER NOT NULL,
    PRIMARY KEY (kind, tag, ended)
  ) STRICT, WITHOUT ROWID;
  INSERT INTO tag_counts SELECT kind, tag, ended, count(*) FROM tags GROUP BY kind, tag, ended;

  CREATE INDEX actors_untagged ON actors (id) WHERE tags IS NULL;
  `,
  `
  -- Roots that have ended, those first to which nothing has happened for longest: the way that retention takes.
  CREATE INDEX actors_ended ON actors (kind, updated_at, id) WHERE parent_id IS NULL AND status <> 'active';

  -- Who lives by a definition. Asked before it goes, by the foreign key as well.
  CREATE INDEX actors_definition ON actors (definition);

  -- A definition that some actor was migrated away from is where the replay of that actor begins: it stays.
  ALTER TABLE definitions ADD COLUMN is_replaced INTEGER NOT NULL DEFAULT 0;
  UPDATE definitions SET is_replaced = 1
    WHERE hash IN (SELECT json_extract(event, '$.replaced') FROM log WHERE event LIKE '{"type":"signalbox.migrate"%');
  CREATE TRIGGER definition_replaced AFTER UPDATE OF definition ON actors WHEN new.definition <> old.definition
  BEGIN
    UPDATE definitions SET is_replaced = 1 WHERE hash = old.definition;
  END;

  -- All that is left of a root that was removed. Its id may stand in branches, refs and trackers, so nobody gets it again.
  CREATE TABLE gone (
    kind TEXT NOT NULL,
    id   TEXT NOT NULL,
    PRIMARY KEY (kind, id)
  ) STRICT, WITHOUT ROWID;

  -- Where the log ended when something was last removed from it: readers go on from positions, so none is given twice.
  CREATE TABLE log_end (
    one      INTEGER PRIMARY KEY CHECK (one = 1),
    position INTEGER NOT NULL
  ) STRICT;
  INSERT INTO log_end VALUES (1, 0);
  `,
  `
  -- What actors are called elsewhere, such as the pull request of a task. Those that have ended keep their names: what comes
  -- late is told to them, and to nobody else.
  CREATE TABLE links (
    link     TEXT NOT NULL,
    ended    INTEGER NOT NULL,
    actor_id TEXT NOT NULL REFERENCES actors (id),
    PRIMARY KEY (link, ended, actor_id)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX links_actor ON links (actor_id);

  -- The integration that an action goes to; NULL for what stays in this house.
  ALTER TABLE outbox ADD COLUMN lane TEXT;
  DROP INDEX outbox_open;
  CREATE INDEX outbox_open ON outbox (lane, position) WHERE state = 'open';
  `,
];
