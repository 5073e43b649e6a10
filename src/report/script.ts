/**
 * The one script of the report, as text: a crosshair shared by the charts over time, with a tooltip whose numbers come from the
 * table below the chart. Without it nothing is lost but comfort. Written by hand for browsers of the last five years; it
 * reads the page and nothing else, and writes only text, never markup.
 */
export const enhanceScript = `"use strict";
(() => {
  const charts = [...document.querySelectorAll("svg[data-seconds]")].map((svg) => {
    const figure = svg.closest("figure");
    const table = figure.querySelector("table");
    return {
      svg,
      figure,
      hair: svg.querySelector("[data-crosshair]"),
      left: Number(svg.dataset.left),
      right: Number(svg.dataset.right),
      seconds: Number(svg.dataset.seconds),
      heads: [...table.querySelectorAll("thead th")].map((th) => th.textContent.trim()),
      rows: [...table.querySelectorAll("tbody tr")],
    };
  });
  if (charts.length === 0) return;

  const tooltip = document.createElement("div");
  tooltip.className = "tooltip";
  tooltip.hidden = true;
  const spoken = document.createElement("div");
  spoken.className = "unheard";
  spoken.setAttribute("aria-live", "polite");
  document.body.append(spoken);
  let current = null;

  const rowAt = (chart, second) => {
    const pitch = chart.rows.length > 1 ? Number(chart.rows[1].dataset.second) - Number(chart.rows[0].dataset.second) : 1;
    return Math.max(0, Math.min(chart.rows.length - 1, Math.floor(second / pitch)));
  };
  const cellsOf = (chart, row) => [...chart.rows[row].children].map((cell) => cell.textContent.trim());

  const fillTooltip = (chart, cells) => {
    const head = document.createElement("b");
    head.textContent = cells[0] + " s, " + cells[1];
    const list = document.createElement("dl");
    cells.slice(2).forEach((cell, at) => {
      const name = document.createElement("dt");
      const value = document.createElement("dd");
      name.textContent = chart.heads[at + 2];
      value.textContent = cell;
      list.append(name, value);
    });
    tooltip.replaceChildren(head, list);
  };

  const place = (chart, x, y) => {
    const box = chart.figure.getBoundingClientRect();
    if (tooltip.parentNode !== chart.figure) chart.figure.append(tooltip);
    tooltip.hidden = false;
    const width = tooltip.offsetWidth;
    const wanted = x - box.left + 16;
    const left = wanted + width > box.width ? x - box.left - width - 16 : wanted;
    tooltip.style.left = Math.max(0, left) + "px";
    tooltip.style.top = Math.max(0, y - box.top - 20) + "px";
  };

  const show = (chart, row, y, speak) => {
    const from = Number(chart.rows[row].dataset.second);
    const next = chart.rows[row + 1] ? Number(chart.rows[row + 1].dataset.second) : chart.seconds;
    const second = Math.min(chart.seconds, (from + Math.max(next, from + 1)) / 2);
    for (const other of charts) {
      const x = other.left + (Math.min(second, other.seconds) / other.seconds) * (other.right - other.left);
      other.hair.setAttribute("transform", "translate(" + x.toFixed(1) + ",0)");
      other.hair.style.stroke = "var(--ink)";
    }
    const cells = cellsOf(chart, row);
    fillTooltip(chart, cells);
    const box = chart.svg.getBoundingClientRect();
    const share = (chart.left + (second / chart.seconds) * (chart.right - chart.left)) / chart.svg.viewBox.baseVal.width;
    place(chart, box.left + share * box.width, y === null ? box.top + 60 : y);
    if (speak) {
      spoken.textContent =
        "second " + cells[0] + ", " + cells.slice(1).map((cell, at) => (at === 0 ? "step" : chart.heads[at + 1]) + " " + cell).join(", ");
    }
    current = { chart, row };
  };

  const hide = () => {
    tooltip.hidden = true;
    for (const { hair } of charts) hair.style.stroke = "none";
    current = null;
  };

  for (const chart of charts) {
    chart.svg.setAttribute("tabindex", "0");
    chart.svg.addEventListener("pointermove", (event) => {
      const box = chart.svg.getBoundingClientRect();
      const x = ((event.clientX - box.left) / box.width) * chart.svg.viewBox.baseVal.width;
      if (x < chart.left || x > chart.right) return hide();
      show(chart, rowAt(chart, ((x - chart.left) / (chart.right - chart.left)) * chart.seconds), event.clientY, false);
    });
    chart.svg.addEventListener("pointerleave", hide);
    chart.svg.addEventListener("blur", hide);
    chart.svg.addEventListener("keydown", (event) => {
      const steps = { ArrowLeft: -1, ArrowRight: 1, PageUp: -10, PageDown: 10, Home: -Infinity, End: Infinity };
      if (event.key === "Escape") return hide();
      const step = steps[event.key];
      if (step === undefined) return;
      event.preventDefault();
      const row = current && current.chart === chart ? current.row + step : step > 0 && step < Infinity ? 0 : step;
      show(chart, Math.max(0, Math.min(chart.rows.length - 1, row)), null, true);
    });
  }
})();
`;
