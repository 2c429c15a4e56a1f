// What the scripted model does for the other agents: it reads the file that the user names, edits it with the agent's
// own tool, and says a last word.
import { scripts } from './scripts.mjs';

// By the names of their tools: opencode, Qwen Code, Claude Code.
const toolSets = [
  { read: 'read', edit: 'edit', arguments: ['filePath', 'oldString', 'newString'] },
  { read: 'read_file', edit: 'edit', arguments: ['file_path', 'old_string', 'new_string'] },
  { read: 'Read', edit: 'Edit', arguments: ['file_path', 'old_string', 'new_string'] },
];
export const lastWords = 'The words are from the agent now.';
export const firstWords = 'I read the file first.';

// A tool's declaration as it arrived, in whatever dialect.
function schemaOf(body, name) {
  const tool = body.tools.map((entry) => entry.function ?? entry).find((entry) => entry.name === name);
  return tool?.parameters ?? tool?.input_schema;
}

// A call with the right arguments, provided that the schema asks for these.
function call(turn, id, name, args) {
  const schema = schemaOf(turn.body, name) ?? {};
  turn.expect(
    Object.keys(args).every((key) => schema.properties?.[key]?.type === 'string') &&
      (schema.required ?? []).every((key) => key in args),
    `${name} takes ${Object.keys(args)}: ${JSON.stringify(schema)}`,
  );
  return { id, name, arguments: args };
}

const pathIn = (texts) => /\/\S+\/words\.txt/.exec(texts.join('\n'))?.[0];

async function readFirst(turn, tools, file) {
  await turn.think('The file comes first.');
  await turn.say(firstWords);
  await turn.call([call(turn, 'call_read', tools.read, { [tools.arguments[0]]: file })]);
}

async function editNext(turn, tools, file) {
  const [{ text }] = turn.seen.answers;
  turn.expect(/from the user/.test(text), `the file's words came back: ${text}`);
  turn.expect(
    turn.seen.said.some((said) => said.includes(firstWords)),
    "the assistant's own text came back",
  );
  const [where, old, fresh] = tools.arguments;
  await turn.think('Now the edit.');
  await turn.call([call(turn, 'call_edit', tools.edit, { [where]: file, [old]: 'user', [fresh]: 'agent' })]);
}

async function editsFile(turn) {
  const { seen } = turn;
  const tools = toolSets.find((set) => seen.declares(set.read) && seen.declares(set.edit));
  if (!tools) {
    await turn.say('A title'); // a job besides, for which the agent lends no tools
    return turn.finish('stop');
  }
  const file = pathIn(seen.users);
  turn.expect(file, "the user's words arrived");
  if (seen.answers.length === 0) return readFirst(turn, tools, file);
  if (seen.answers.length === 1) return editNext(turn, tools, file);
  await turn.say(lastWords);
  return turn.finish('stop');
}

Object.assign(scripts, { 'edits-file': editsFile });
