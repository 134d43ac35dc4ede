// Prints what failed in test-report.json once more, as the log is long, and then the totals.
import { existsSync, readFileSync } from 'node:fs';

const name = 'test-report.json';
const report = existsSync(name) ? JSON.parse(readFileSync(name, 'utf8')) : undefined;

if (report === undefined) {
  console.log('no test report was written\n0 passed, 1 failed');
  process.exit(1);
}
for (const file of report.testResults) {
  const failed = file.assertionResults.filter(({ status }) => status === 'failed');
  for (const test of failed) {
    console.log(`FAILED: ${file.name}: ${test.fullName}\n${test.failureMessages.join('\n').slice(0, 2000)}`);
  }
  if (file.status === 'failed' && failed.length === 0) console.log(`FAILED: ${file.name}\n${file.message}`);
}
const { numPassedTests: passed, numFailedTests, numFailedTestSuites, success } = report;
const failed = numFailedTests > 0 || success ? numFailedTests : Math.max(1, numFailedTestSuites);
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed > 0 ? 1 : 0);
