// SPDX-License-Identifier: MIT
// routes: the table of addresses, read from app/routes.c, so that a route added there is tested here without another line.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { HOME } from '../wire/stack.mjs';

const LEVELS = ['ANYONE', 'SIGNED_IN', 'VIEWER', 'DEVELOPER', 'OPERATOR', 'ADMIN'];
export const NO_ID = '01890000-0000-7000-8000-000000000000';

function rowsOf(source) {
  return [...source.matchAll(/^ {4}\{(GET|POST|PUT|PATCH|DELETE), "([^"]+)", (\w+),([^}]*)\}/gm)].map(([, method, path, may, rest]) => {
    const value = (name) => new RegExp(`\\.${name} = "?([^",}]+)"?`).exec(rest)?.[1];
    return { method, path, may, face: value('face') ?? 'FACE_HTML', lane: value('lane'),
      twins: ['twin', 'twin2'].filter(value).map((name) => ({ path: value(name), method: value(`${name}_method`) ?? method })) };
  });
}

const rows = rowsOf(readFileSync(join(HOME, 'app/routes.c'), 'utf8')).filter((r) => r.lane === 'LANE_PAGES');
const withId = (path, values) => path.replace(/:(\w+)/g, (_, name) => values[name] ?? NO_ID);

// Every address of the console that changes something: { method, path, may, json }. values: for :id and :name.
export function writes(values = {}) {
  const all = rows.flatMap(({ method, path, may, face, twins }) => [{ method, path, may, json: face === 'FACE_API' },
    ...twins.map((t) => ({ ...t, may, json: true }))]);
  return all.filter((r) => r.method !== 'GET').map((r) => ({ ...r, path: withId(r.path, values) }));
}

export function reads(values = {}) {
  const all = rows.flatMap(({ method, path, may, face, twins }) => [{ method, path, may, json: face === 'FACE_API' },
    ...twins.map((t) => ({ ...t, may, json: true }))]);
  return all.filter((r) => r.method === 'GET').map((r) => ({ ...r, path: withId(r.path, values) }));
}

// Whether a role may call what is marked so. The auditor reads what a viewer reads, and the audit log.
export function allows(role, may, method = 'GET') {
  if (may === 'ANYONE' || may === 'SIGNED_IN') return true;
  if (may === 'AUDITOR') return role === 'auditor' || role === 'admin';
  if (role === 'auditor') return may === 'VIEWER' && method === 'GET';
  return LEVELS.indexOf(role.toUpperCase()) >= LEVELS.indexOf(may);
}
