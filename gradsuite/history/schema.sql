-- The outcomes of many runs, one row a case and run. PRAGMA user_version is the format's number.
CREATE TABLE runs (
    id INTEGER PRIMARY KEY,
    environment TEXT NOT NULL UNIQUE,  -- the recorded line; it holds the date and so names the run
    date TEXT NOT NULL                 -- ISO 8601, UTC
);
CREATE TABLE cases (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,  -- specs/activation/softmax.grad.yaml::softmax::reverse[cpu-bfloat16]
    path TEXT NOT NULL,
    op TEXT NOT NULL,           -- softmax
    device TEXT NOT NULL
);
CREATE TABLE outcomes (
    run INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE,
    "case" INTEGER NOT NULL REFERENCES cases,
    outcome TEXT NOT NULL,
    error REAL,  -- the worst, in natural errors; NULL where none was measured
    PRIMARY KEY (run, "case")
) WITHOUT ROWID;
