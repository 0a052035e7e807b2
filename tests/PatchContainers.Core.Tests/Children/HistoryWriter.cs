using PatchContainers.History;

namespace PatchContainers.Core.Tests.Children;

/// <summary>Appends records, and prints each key when it was reported as appended.</summary>
internal static class HistoryWriter
{
    public const string Name = "history-writer";

    public static async Task<int> RunAsync(string path, string writer, int count)
    {
        using var history = new HistoryFile(path, TimeProvider.System);
        using var output = new StreamWriter(Console.OpenStandardOutput()) { AutoFlush = true };
        for (var i = 1; i <= count; i++)
        {
            var key = $"{writer}/{i}/1";
            await history.AppendAsync(new PatchRecord { Kind = PatchRecordKind.Change, Actor = writer, Outcome = "Written", Key = key });
            await output.WriteLineAsync(key);
        }

        return 0;
    }
}
