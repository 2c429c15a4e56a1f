// Asks /admin/v1 in turns, as long as somebody looks.

const kPlace = 'wayleave-admin-key'; // in the tab's own storage; it ends with the tab
const kDays = 14;

let key = '';
let round = 0; // a new one ends the turns of those before

class Refused extends Error {}

async function ask(path) {
  const headers = { authorization: `Bearer ${key}` };
  const options = {
    headers,
    cache: 'no-store',
    credentials: 'omit',
    redirect: 'error',
    signal: AbortSignal.timeout(10_000),
  };
  const answer = await fetch(`/admin/v1/${path}`, options);
  const body = await answer.json().catch(() => ({}));
  if (answer.ok) return body;
  const words = body.error?.message ?? `The gateway answered with status ${answer.status}.`;
  throw answer.status === 401 || answer.status === 403 ? new Refused(words) : new Error(words);
}

async function lookAtUsage() {
  const days = lastDays(kDays);
  const { sums } = await ask(`usage/sums?by=tenant,day&since=${days[0]}T00:00:00Z&limit=10000`);
  showSpend(sums, days);
  showBudgets((await ask('budgets')).standings);
}

const turns = [
  [async () => showLive(await ask('live')), 2000],
  [async () => showHealth(await ask('health')), 5000],
  [lookAtUsage, 30_000],
];

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

async function untilSeen() {
  while (document.hidden)
    await new Promise((resolve) => document.addEventListener('visibilitychange', resolve, { once: true }));
}

function tell(trouble) {
  $('trouble').hidden = !trouble;
  $('trouble').textContent = trouble;
  $('beat').textContent = trouble ? 'not up to date' : `as of ${new Date().toLocaleTimeString('en-GB')}`;
}

async function take([look, ms], mine) {
  while (mine === round) {
    await untilSeen();
    if (mine !== round) return;
    try {
      await look();
      if (mine === round) tell('');
    } catch (error) {
      if (mine !== round) return;
      if (error instanceof Refused) return leave(error.message);
      tell(
        error instanceof TypeError || error.name === 'TimeoutError'
          ? 'This gateway does not answer: is it running? The page goes on asking.'
          : error.message,
      );
    }
    await pause(ms);
  }
}

function begin() {
  round += 1;
  $('enter').hidden = true;
  $('board').hidden = false;
  $('leave').hidden = false;
  for (const turn of turns) take(turn, round);
}

// Forgets the key and everything that it showed.
function leave(words = '') {
  round += 1;
  key = '';
  sessionStorage.removeItem(kPlace);
  for (const id of ['tiles', 'rates', 'health', 'spend', 'budgets', 'tenants', 'targets', 'requests', 'errors'])
    show(id);
  for (const id of ['who', 'beat', 'in-flight']) $(id).textContent = '';
  $('board').hidden = true;
  $('leave').hidden = true;
  $('enter').hidden = false;
  $('refused').textContent = words;
  $('key').value = '';
  $('key').focus();
}

$('enter').addEventListener('submit', (event) => {
  event.preventDefault();
  key = $('key').value.trim();
  if (!/^[\x21-\x7e]+$/.test(key)) return leave('A key is one word, as `wayleave key create` printed it.');
  sessionStorage.setItem(kPlace, key);
  $('key').value = '';
  begin();
});
$('leave').addEventListener('click', () => leave());

key = sessionStorage.getItem(kPlace) ?? '';
if (key) begin();
else leave();
