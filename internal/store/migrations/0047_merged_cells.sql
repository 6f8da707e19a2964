-- The workbook of an import by page had merged cells, of which only the first has a value.
ALTER TABLE imports ADD COLUMN merged BOOLEAN NOT NULL DEFAULT FALSE;
