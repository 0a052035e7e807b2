using System.Text;
using PatchContainers.History;

namespace PatchContainers.Cli.Demo;

/// <summary>The part of the demo in which a byte of the history is changed, and found.</summary>
internal sealed class DemoTampering(DemoShell shell, DemoWorkspace workspace)
{
    /// <summary>Shows the records of a rollout, changes a byte in one, and puts it back.</summary>
    /// <param name="rollout">The rollout whose records are shown.</param>
    /// <param name="cancellationToken">Stops the demo.</param>
    public async Task RunAsync(string rollout, CancellationToken cancellationToken)
    {
        shell.Say("8. The history, and one byte of it changed");
        var list = await shell.RunAsync(cancellationToken, [["history", "list", "--rollout", rollout]]).ConfigureAwait(false);
        var history = list.Of<PatchRecord>().ToArray();
        await VerifyAsync(expected: ExitCode.Done, cancellationToken).ConfigureAwait(false);

        var file = new PatchState(workspace.State).History;
        var original = await File.ReadAllBytesAsync(file, cancellationToken).ConfigureAwait(false);
        var victim = history.FirstOrDefault(r => r.Kind == PatchRecordKind.Gate) ?? history[^1];
        var changed = ChangeByte(original, victim);
        shell.Say($"Byte {changed.Offset} of {DemoPath.Show(file)}, in record {victim.Sequence}: "
            + $"'{(char)original[changed.Offset]}' becomes '{(char)changed.Bytes[changed.Offset]}'.");
        await File.WriteAllBytesAsync(file, changed.Bytes, cancellationToken).ConfigureAwait(false);
        await VerifyAsync(expected: ExitCode.Failed, cancellationToken).ConfigureAwait(false);
        shell.Say("The byte is put back:");
        await File.WriteAllBytesAsync(file, original, cancellationToken).ConfigureAwait(false);
        await VerifyAsync(expected: ExitCode.Done, cancellationToken).ConfigureAwait(false);
    }

    private async Task VerifyAsync(int expected, CancellationToken cancellationToken)
    {
        var result = await shell.RunAsync(cancellationToken, [["history", "verify"]]).ConfigureAwait(false);
        shell.Expect(result.ExitCode == expected, "a changed byte of the history is found, and nothing else is");
    }

    // A digit of the record's time: the kind of change that somebody would want to make.
    private static (byte[] Bytes, int Offset) ChangeByte(byte[] original, PatchRecord record)
    {
        var bytes = (byte[])original.Clone();
        var line = 0;
        for (var i = 1L; i < record.Sequence; i++)
        {
            line += bytes.AsSpan(line).IndexOf((byte)'\n') + 1;
        }

        var day = Encoding.UTF8.GetBytes(FormattableString.Invariant($"{record.Time.UtcDateTime:yyyy-MM-dd}"));
        var offset = line + bytes.AsSpan(line).IndexOf(day);
        bytes[offset + 3] = bytes[offset + 3] == (byte)'9' ? (byte)'8' : (byte)(bytes[offset + 3] + 1);
        return (bytes, offset + 3);
    }
}
