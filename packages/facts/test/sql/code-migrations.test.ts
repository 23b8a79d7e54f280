// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";
import { sqlSource } from "../../src/sql/source.ts";
import { changed, world } from "./changed-file.ts";

type Row = {
  readonly name: string;
  readonly path: string;
  readonly after: string;
  readonly found: readonly string[];
};

const rows: readonly Row[] = [
  {
    name: "Rails change",
    path: "db/migrate/20260101_x.rb",
    after: `class X < ActiveRecord::Migration[7.0]
  def change
    # remove_column :users, :never
    remove_column :users, :email, :string
    add_index :orders, [:a, :b],
      name: "i"
    add_index :orders, :c, algorithm: :concurrently
    add_column :users, :x, :string, null: false
    change_column_null :users, :x, true
    create_table :fresh do |t|
      t.index :a
    end
    add_index :fresh, :a
    execute <<~SQL
      delete from carts;
      update users set a = 1
        where id = 2;
    SQL
  end
end
`,
    found: [
      "drop-column users.email@4",
      "create-index orders@5",
      "create-index orders@7 concurrent",
      "add-column users.x@8",
      "delete-all carts@15",
      "backfill-in-transaction users@16",
    ],
  },
  {
    name: "Rails up and down",
    path: "db/migrate/20260101_x.rb",
    after: `class X < ActiveRecord::Migration[7.0]
  disable_ddl_transaction!
  def up
    rename_column(:users, :a, :b)
    User.update_all(active: true)
    User.where(a: 1).update_all(active: true)
    execute("update #{table} set a = 1")
  end
  def down
    drop_table :users
    raise ActiveRecord::IrreversibleMigration
  end
end
`,
    found: ["rename users@4", "update-all user@5", "update-all computed@7", "no-way-back users@4"],
  },
  {
    name: "Alembic",
    path: "alembic/versions/abc_x.py",
    after: `from alembic import op
import sqlalchemy as sa

def upgrade():
    op.drop_column("users", "email")
    op.create_index("i", "orders", ["a"])
    op.create_index("j", "orders", ["a"], postgresql_concurrently=True)
    op.add_column("users", sa.Column("x", sa.Integer(), nullable=False))
    op.alter_column("users", "y", type_=sa.Text(), nullable=False)
    op.execute("""
        UPDATE users SET a = 1
    """)
    op.execute(sa.text("delete from t where id = 1"))
    with op.batch_alter_table("orders") as batch_op:
        batch_op.drop_column("z")

def downgrade():
    op.drop_table("users")
`,
    found: [
      "drop-column users.email@5",
      "create-index orders@6",
      "create-index orders@7 concurrent",
      "add-column users.x@8",
      "type-change users.y@9",
      "set-not-null users.y@9",
      "update-all users@11",
      "drop-column orders.z@15",
      "backfill-in-transaction users@11",
    ],
  },
  {
    name: "Django",
    path: "shop/migrations/0002_x.py",
    after: `from django.db import migrations, models

class Migration(migrations.Migration):
    operations = [
        migrations.CreateModel(name="Fresh", fields=[]),
        migrations.RemoveField(model_name="order", name="total"),
        migrations.RenameField(model_name="order", old_name="a", new_name="b"),
        migrations.AddIndex(model_name="order", index=models.Index(fields=["a"], name="i")),
        migrations.AddIndex(model_name="fresh", index=models.Index(fields=["a"], name="j")),
        migrations.DeleteModel(name="Old"),
        migrations.RunSQL("drop table x;", reverse_sql="create table x (id int);"),
    ]
`,
    found: [
      "drop-column order.total@6",
      "rename order@7",
      "create-index order@8",
      "drop-table old@10",
      "drop-table x@11",
    ],
  },
  {
    name: "knex",
    path: "migrations/20260101_x.js",
    after: `exports.up = async function (knex) {
  await knex.schema.alterTable("users", (table) => {
    table.dropColumn("email"); // table.dropColumn("never")
    table.index(["a"]);
  });
  await knex.schema.createTable("fresh", (table) => { table.index(["a"]); });
  await knex.raw("delete from carts");
};
exports.down = async function (knex) { await knex.schema.dropTable("users"); };
`,
    found: ["drop-column users.email@3", "create-index users@4", "delete-all carts@7"],
  },
  {
    name: "Sequelize and TypeORM",
    path: "src/migrations/1-x.ts",
    after: `export class X { async up(queryRunner: QueryRunner) {
    await queryRunner.query(\`ALTER TABLE "users" DROP COLUMN "email"\`);
    await queryInterface.removeColumn("orders", "total");
    await queryRunner.query(sql + "x");
  }
  async down(queryRunner: QueryRunner) {
    await queryRunner.query(\`DROP TABLE "users"\`);
  }
}
`,
    found: [
      "drop-column users.email@2",
      "drop-column orders.total@3",
      "unreadable-statement src/migrations/1-x.ts@4",
    ],
  },
  {
    name: "Laravel",
    path: "database/migrations/2026_x.php",
    after: `<?php
return new class extends Migration {
    public function up(): void {
        Schema::table('users', function (Blueprint $table) {
            $table->dropColumn('email');
        });
        DB::statement('truncate carts');
    }
    public function down(): void { Schema::dropIfExists('users'); }
};
`,
    found: ["drop-column users.email@5", "truncate carts@7"],
  },
  {
    name: "code that is no migration",
    path: "app/versions/api.ts",
    after: `import x from "y"; x.table("a").dropColumn("b");`,
    found: [],
  },
];

test.each(rows)("reads $name", async (row) => {
  const { deltas, gaps } = await sqlSource.read([changed(row.path, null, row.after)], world());
  expect(gaps).toEqual([]);
  const said = deltas
    .filter((one) => one.aspect !== "lock-timeout-missing")
    .map(
      (one) =>
        `${one.aspect} ${one.aspect === "no-way-back" || one.aspect === "rename" ? one.subject.split(".")[0] : one.subject}@${one.line}${one.tags.includes("concurrent") ? " concurrent" : ""}`,
    );
  expect(said).toEqual(row.found);
});
