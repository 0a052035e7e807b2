using System.Diagnostics;
using PatchContainers.Core.Tests.Children;
using PatchContainers.History;
using PatchContainers.TestKit;
using Xunit;

namespace PatchContainers.Core.Tests.History;

public sealed class HistoryProcessesTests
{
    private const int Writers = 8;
    private const int RecordsEach = 1000;

    [Fact]
    public async Task Eight_processes_append_a_thousand_records_each_while_some_are_killed_and_nothing_reported_is_lost()
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        using var folder = new TemporaryFolder();
        var path = folder["history.jsonl"];

        // Writers 0, 1 and 2 are killed, at different points, twice each; and started again from their first record.
        var reported = await Task.WhenAll(Enumerable.Range(0, Writers).Select(writer => Task.Run(async () =>
        {
            var keys = new HashSet<string>();
            int[] killAfter = writer < 3 ? [137 + (211 * writer), 613 + (97 * writer), int.MaxValue] : [int.MaxValue];
            foreach (var limit in killAfter)
            {
                using var child = ChildProcess.Start(HistoryWriter.Name, path, $"w{writer}", $"{RecordsEach}");
                for (var seen = 0; await child.StandardOutput.ReadLineAsync(cancellationToken) is { } key; seen++)
                {
                    keys.Add(key);
                    if (seen == limit)
                    {
                        child.Kill();
                    }
                }

                await child.WaitForExitAsync(cancellationToken);
                Assert.True(limit < int.MaxValue ? child.ExitCode != 0 : child.ExitCode == 0,
                    await child.StandardError.ReadToEndAsync(cancellationToken));
            }

            return keys;
        }, cancellationToken)));

        using var history = new HistoryFile(path, TimeProvider.System);
        var verification = await history.VerifyAsync(null, cancellationToken);
        Assert.True(verification.IsIntact, verification.Detail);

        var records = await history.ReadAsync(new HistoryFilter(), cancellationToken).ToListAsync(cancellationToken);
        var written = records.Where(r => r.Kind == PatchRecordKind.Change).Select(r => r.Key).ToList();
        Assert.Equal(Writers * RecordsEach, written.Count);
        Assert.Equal(written.Count, written.Distinct().Count());
        Assert.Superset(reported.SelectMany(k => k).ToHashSet(), written.ToHashSet());
        Assert.Equal(records.Count, verification.Count);
    }
}
