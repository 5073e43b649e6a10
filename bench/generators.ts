/** How many synthetic people one core makes per second. `node bench/generators.ts` */
import { callerToken, citizens } from "../generators/index.ts";

const source = citizens({ pool: 1_000_000 });
const count = 1_000_000;

/** Users per second of CPU time over `count` of them, after a first pass that lets the compiler settle. */
function rate(use: (index: number) => number): number {
  let sink = 0;
  for (let index = 0; index < count / 10; index++) sink += use(index);
  const before = process.cpuUsage();
  for (let index = 0; index < count; index++) sink += use(index);
  const { user, system } = process.cpuUsage(before);
  if (sink < 0) throw new RangeError("lengths add up to something");
  return (count / (user + system)) * 1_000_000;
}

const at = { index: 7, dueMs: 0, random: 0.5 };
const rates = {
  "id only (what a read needs)": rate((index) => source.user(1, index).id.length),
  "id, name, idNumber, birthDate, phone": rate((index) => {
    const user = source.user(1, index);
    return user.id.length + user.name.length + user.idNumber.length + user.birthDate.length + user.phone.length;
  }),
  "declaration as JSON": rate((index) => JSON.stringify(source.user(1, index).report({ ...at, index })).length),
  "check-in as JSON": rate((index) => JSON.stringify(source.user(1, index).checkin({ ...at, index })).length),
  "caller token": rate((index) => callerToken("secret", source.user(1, index).id).length),
};

for (const [what, perSecond] of Object.entries(rates)) {
  console.log(`${what.padEnd(40)} ${Math.round(perSecond).toLocaleString("en-US").padStart(12)} users/s`);
}
