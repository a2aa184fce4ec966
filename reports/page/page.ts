import { createHash } from 'node:crypto';
import type { Figures } from '../figures.ts';
import { answerSection, pageHeader } from './answer-section.ts';
import { costSection } from './cost-section.ts';
import { curvesSection } from './curves-section.ts';
import { conditionsSection, everyMetricSection, limitsSection } from './details-section.ts';
import { dialSection } from './dial-section.ts';
import { html, markupOf, styleElement } from './html.ts';
import { refreshSection } from './refresh-section.ts';
import { releasesSection } from './releases-section.ts';
import { sizingSection } from './sizing-section.ts';
import { styleSheet } from './style.ts';

/**
 * The report of a run as one self-contained page: no script, no network, nothing to load. Its own security policy allows
 * its one style sheet, by hash, and nothing else. The same run gives the same bytes.
 */
export function htmlReport(figures: Figures): string {
  const css = styleSheet(figures.arms.length + figures.bounds.length);
  const policy = `default-src 'none'; style-src 'sha256-${createHash('sha256').update(css).digest('base64')}'; base-uri 'none'; form-action 'none'`;
  const { name, question } = figures.manifest.scenario;
  return markupOf(html`${doctype}
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>${name} · Dubplate run</title>
<meta name="description" content="${question}">
${styleElement(css)}
</head>
<body>
${pageHeader(figures)}
<main>
${answerSection(figures)}
<div>
${refreshSection(figures)}
${sizingSection(figures)}
${dialSection(figures)}
${curvesSection(figures)}
${costSection(figures)}
</div>
${releasesSection(figures)}
${everyMetricSection(figures)}
${limitsSection(figures)}
${conditionsSection(figures)}
</main>
<footer>Written by Dubplate ${figures.manifest.version} from manifest.json and metrics.json of this folder.</footer>
</body>
</html>
`);
}

const doctype = html`<!doctype html>`;
