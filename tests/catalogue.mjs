// SPDX-License-Identifier: MIT
// catalogue.mjs [FOLDER]: the messages of i18n/ against each other and against their users, in this tree or in another one.
// In both languages: the same keys, sorted, one a line, none twice, and the same arguments of the same kind in each message.
// Every key named in a template, in errors.def or in C exists, and every key that exists is named. C composes some: "health.%s" and
// "health." stand for all that begin so.
import { readFileSync, readdirSync, existsSync } from 'node:fs';
import { join } from 'node:path';

process.chdir(process.argv[2] ?? new URL('..', import.meta.url).pathname);
const languages = ['en-US', 'zh-CN'];
const problems = [];
const problem = text => problems.push(text);

const files = (folder, ending) => !existsSync(folder) ? [] : readdirSync(folder, { withFileTypes: true }).flatMap(entry =>
    entry.isDirectory() ? files(join(folder, entry.name), ending) : entry.name.match(ending) ? [join(folder, entry.name)] : []);

function readCatalogue(language) {
    const path = `i18n/${language}.json`;
    const text = readFileSync(path, 'utf8');
    const messages = JSON.parse(text);
    const keys = text.split('\n').slice(1, -2).map((line, i) => {
        const found = line.match(/^ +"([a-z0-9_.-]+)": "(?:[^"\\]|\\.)+",?$/);
        if (!found)
            problem(`${path}:${i + 2}: not one message on one line`);
        return found?.[1];
    });
    keys.forEach((key, i) => {
        if (i > 0 && keys[i - 1] >= key)
            problem(`${path}:${i + 2}: ${key} ${keys[i - 1] === key ? 'is there twice' : `does not come after ${keys[i - 1]} in ASCII order`}`);
    });
    return new Map(Object.entries(messages));
}

// Arguments of a pattern as "name" or "name:select(a,b)"; the branches of a select count, and whether a number needs a plural differs by language.
function readArguments(key, language, pattern) {
    const found = new Set();
    let at = 0;
    const fail = why => { throw new Error(`${language}: ${key}: ${why} at character ${at}`); };
    const word = () => { const [w] = pattern.slice(at).match(/^\s*[^\s{},]*/); at += w.length; return w.trim(); };
    const expect = c => { at += pattern.slice(at).match(/^\s*/)[0].length; if (pattern[at] !== c) fail(`no "${c}"`); at++; };
    const text = nested => {
        while (at < pattern.length) {
            const c = pattern[at];
            if (c === "'" && pattern[at + 1] === "'") { at += 2; continue; }
            if (c === "'" && /[{}]/.test(pattern[at + 1] ?? '')) { at = pattern.indexOf("'", at + 1) + 1 || fail('an open quote'); continue; }
            if (c === '}' && nested) return;
            if (c === '}') fail('a "}" too many');
            at++;
            if (c === '{') argument();
        }
        if (nested) fail('no "}"');
    };
    const argument = () => {
        const name = word();
        if (!/^[a-z][a-z0-9_]*$/.test(name)) fail(`"${name}" is no argument`);
        if (pattern[at] === '}') { at++; found.add(name); return; }
        expect(',');
        const kind = word();
        if (kind !== 'plural' && kind !== 'select') fail(`"${kind}" is neither plural nor select`);
        expect(',');
        const branches = [];
        for (;;) {
            const branch = word();
            if (!branch) break;
            branches.push(branch);
            expect('{'); text(true); expect('}');
        }
        expect('}');
        if (!branches.includes('other')) fail(`{${name}} has no "other"`);
        found.add(kind === 'plural' ? name : `${name}:select(${branches.sort()})`);
    };
    text(false);
    return [...found].sort().join(' ');
}

const [first, second] = languages.map(readCatalogue);
for (const [a, b, language] of [[first, second, languages[1]], [second, first, languages[0]]])
    for (const key of a.keys())
        if (!b.has(key))
            problem(`i18n/${language}.json: ${key} is missing`);
for (const key of first.keys()) {
    if (!second.has(key))
        continue;
    try {
        const [x, y] = [first, second].map((messages, i) => readArguments(key, languages[i], messages.get(key)));
        if (x !== y)
            problem(`${key}: arguments differ: ${languages[0]} has "${x}", ${languages[1]} has "${y}"`);
    } catch (error) {
        problem(error.message);
    }
}

// Who names which key.
const known = [...first.keys()];
const spaces = new Set(known.map(key => key.split('.')[0]));
const used = new Set();
const use = (key, where, certain) => {
    if (first.has(key))
        used.add(key);
    // The end of a name is completed elsewhere.
    else if (certain || (spaces.has(key.split('.')[0]) && !known.some(k => k.endsWith(`.${key}`)) && !none.test(key)))
        problem(`${where}: there is no message ${key}`);
};
const source = files('app', /\.(c|h|def)$/).map(path => [path, readFileSync(path, 'utf8').replace(/\/\*[\s\S]*?\*\//g, '')]);
// What looks like a key and is none: actions in the audit ("provider.update"), and the name of no error.
const none = /^((provider|key|user|session|setting|masterkey)\.[a-z_]+|error\.none)$/;
for (const [path, text] of source) {
    if (path.startsWith('app/db/'))
        continue;
    for (const [, key] of text.matchAll(/"([a-z][a-z0-9_]*(?:\.[a-z0-9_-]+)+)"/g))
        if (!/\.(c|h|sql|json|html|def|conf|css|js|svg|sock|key|log|seg|bin|tmp|pem)$/.test(key))
            use(key, path, path.endsWith('errors.def'));
    for (const [, start] of text.matchAll(/"([a-z][a-z0-9_]*(?:\.[a-z0-9_%-]+)*\.)(?:%s)?(?:\.[a-z0-9_.]+)?"/g))
        known.filter(key => key.startsWith(start)).forEach(key => used.add(key));
}
for (const path of files('templates', /\.html$/))
    for (const [, key] of readFileSync(path, 'utf8').matchAll(/\{\{\s*_([a-z0-9_.-]+)\s*\}\}/g))
        use(key, path, true);
for (const key of known)
    if (!used.has(key))
        problem(`${key}: no template and no C names it`);

for (const text of problems)
    console.error(text);
process.exit(problems.length ? 1 : 0);
