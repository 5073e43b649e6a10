/** The budgets, step by step. */
import type { BudgetResult } from "../../model/verdict.ts";
import { html, type Html } from "../html.ts";
import { formatBudget } from "../quantity.ts";
import { budgetNames } from "../step-names.ts";
import { signed, type Tone } from "../state.ts";

const tones: Record<BudgetResult["result"], Tone> = { met: "good", missed: "bad", "not-measured": "unsure" };

export function budgetsSection(budgets: readonly BudgetResult[]): Html {
  return html`<section id="budgets">
    <h2>Budgets</h2>
    <p class="lead">
      Judged over everything that was due: what was refused, failed or never answered counts as infinitely late. Without enough
      samples a budget is not measured, never met; so it is in a hold that had not recovered from a higher one.
    </p>
    ${budgets.length === 0 ? html`<p>The scenario names no budget.</p>` : budgetTable(budgets)}
  </section>`;
}

/** One group of rows per budget, under its text. */
function budgetTable(budgets: readonly BudgetResult[]): Html {
  const groups = [...Map.groupBy(budgets, ({ text }) => text)];
  return html`<div class="scroll whole">
    <table>
      <thead>
        <tr>
          <th scope="col">step</th>
          <th scope="col" class="n">measured</th>
          <th scope="col" class="n">limit</th>
          <th scope="col">result</th>
        </tr>
      </thead>
      ${groups.map(
        ([text, results]) =>
          html`<tbody>
            <tr class="group">
              <th scope="rowgroup" colspan="4">${text}</th>
            </tr>
            ${budgetNames(results).map(([name, budget]) => budgetRow(name, budget))}
          </tbody>`,
      )}
    </table>
  </div>`;
}

function budgetRow(name: string, budget: BudgetResult): Html {
  return html`<tr>
    <td>${name}</td>
    <td class="n">${formatBudget(budget, budget.measured)}</td>
    <td class="n">${formatBudget(budget, budget.limit)}</td>
    <td>${signed(tones[budget.result] ?? "unsure", resultWords(budget))}</td>
  </tr>`;
}

function resultWords({ result, unrecoveredFrom }: BudgetResult): string {
  const words = result.replace("-", " ");
  return unrecoveredFrom === undefined ? words : `${words}: not recovered from ${unrecoveredFrom}x`;
}
