import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE TABLE dashboard_widgets (
      id int GENERATED ALWAYS AS IDENTITY,
      public_id text NOT NULL,
      dashboard_id int NOT NULL,
      widget_type text NOT NULL,
      title text NOT NULL,
      event_id int,
      x int NOT NULL,
      y int NOT NULL,
      w int NOT NULL,
      h int NOT NULL,
      config_json text,
      created_on timestamptz NOT NULL DEFAULT now(),
      CONSTRAINT dashboard_widgets_pkey PRIMARY KEY (id),
      CONSTRAINT dashboard_widgets_public_id_key UNIQUE (public_id),
      CONSTRAINT dashboard_widgets_dashboard_fkey FOREIGN KEY (dashboard_id) REFERENCES dashboards (id) ON DELETE CASCADE,
      CONSTRAINT dashboard_widgets_event_fkey FOREIGN KEY (event_id) REFERENCES events (id) ON DELETE SET NULL
    )`.execute(db)
  await sql`CREATE INDEX dashboard_widgets_dashboard ON dashboard_widgets (dashboard_id)`.execute(db)
  await sql`CREATE INDEX dashboard_widgets_event ON dashboard_widgets (event_id)`.execute(db)
  await sql`COMMENT ON COLUMN dashboard_widgets.config_json IS 'as the client sent it: its own business'`.execute(db)
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`DROP TABLE dashboard_widgets`.execute(db)
}
