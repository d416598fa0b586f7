/* SPDX-License-Identifier: MIT */
/* db_protection: what keeps the audit rows as they are; it depends on the roles that could be made here (sql/roles.sql). */
#include "db/db_private.h"

const struct field db_protection_fields[] = {
    FIELD(struct db_protection, user),        FIELD(struct db_protection, role),       FIELD(struct db_protection, level),
    FIELD(struct db_protection, superuser),   FIELD(struct db_protection, may_change), FIELD(struct db_protection, triggers),
    FIELD_END,
};

static const struct sql READ = {
    "db.protection",
    "with audit as (select c.oid, c.relowner from pg_class c where c.oid = 'audit'::regclass),"
    " facts as (select"
    "   (select rolsuper from pg_roles where rolname = session_user) as superuser,"
    "   has_table_privilege(session_user, oid, 'update') or has_table_privilege(session_user, oid, 'delete')"
    "     or has_table_privilege(session_user, oid, 'truncate') or pg_has_role(session_user, relowner, 'usage') as user_may,"
    "   has_table_privilege(oid, 'update') or has_table_privilege(oid, 'delete')"
    "     or has_table_privilege(oid, 'truncate') or pg_has_role(current_user, relowner, 'usage') as role_may,"
    "   (select count(*) from pg_trigger"
    "     where tgrelid = audit.oid and tgenabled in ('O', 'A') and not tgisinternal) >= 2 as triggers"
    "   from audit)"
    "select session_user as \"user\", current_user as role, superuser, role_may as may_change, triggers,"
    "   case when not user_may then 'login' when not role_may then 'role' when triggers then 'triggers' else 'none' end as level"
    "   from facts",
    SQL_ROW(struct db_protection, db_protection_fields),
};

const struct sql *const db_protection_statements[] = {&READ, NULL};

bool db_protection_read(struct db *db, struct arena *a, struct db_protection *protection_r, struct err *err)
{
    return db_one(db, a, &READ, DB_NONE, protection_r, err);
}
