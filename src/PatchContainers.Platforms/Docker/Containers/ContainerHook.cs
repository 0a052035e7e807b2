using System.Globalization;
using System.Text.Json;
using PatchContainers.Platforms.Docker.Client;

namespace PatchContainers.Platforms.Docker.Containers;

/// <summary>
/// A command that a container's owner wants run in it, named by a label: before it is stopped, or in its successor when that is healthy.
/// The labels of Watchtower are taken, too.
/// </summary>
/// <param name="Label">The label that names it.</param>
/// <param name="Command">The command, for a shell.</param>
/// <param name="Timeout">How long it may take; infinite for no limit.</param>
internal sealed record ContainerHook(string Label, string Command, TimeSpan Timeout)
{
    /// <summary>The exit code by which a command asks for another time (EX_TEMPFAIL of sysexits.h).</summary>
    public const long NotNow = 75;

    private const string TimeoutSuffix = "-timeout";
    private const int MaxLines = 5;
    private const int MaxText = 500;
    private static readonly TimeSpan DefaultTimeout = TimeSpan.FromMinutes(1);

    /// <summary>What is run in a container before it is stopped; null where its owner wants nothing.</summary>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.InvalidArgument"/>: the timeout is none.</exception>
    public static ContainerHook? Before(JsonElement container) =>
        Find(container, "patchcontainers.hooks.before", "com.centurylinklabs.watchtower.lifecycle.pre-update");

    /// <summary>What is run in a container when it is healthy; null where its owner wants nothing.</summary>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.InvalidArgument"/>: the timeout is none.</exception>
    public static ContainerHook? After(JsonElement container) =>
        Find(container, "patchcontainers.hooks.after", "com.centurylinklabs.watchtower.lifecycle.post-update");

    /// <summary>Runs it.</summary>
    /// <returns>Why it failed, with its last lines; null where it ended with 0.</returns>
    /// <exception cref="PatchException">The engine could not run it.</exception>
    public async Task<string?> RunAsync(DockerClient client, string container, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(Timeout);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        try
        {
            var result = await client.Containers.ExecAsync(container, ["sh", "-c", Command], either.Token).ConfigureAwait(false);
            return result.ExitCode == 0 ? null
                : result.ExitCode == NotNow ? $"the command of {Label} asks for another time (exit code {NotNow}).{Lines(result.Output)}"
                : string.Create(CultureInfo.InvariantCulture, $"the command of {Label} ended with {result.ExitCode}.{Lines(result.Output)}");
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return $"the command of {Label} did not end within {DurationText.Format(Timeout)}, and may still run.";
        }
    }

    private static ContainerHook? Find(JsonElement container, string own, string watchtower)
    {
        if (container.Label(own) is { Length: > 0 } command)
        {
            return new ContainerHook(own, command, Limit(own, text => DurationText.TryParse(text, out var time) ? time : null, "30s or 5m"));
        }

        // Whole minutes there, and none for no limit.
        return container.Label(watchtower) is { Length: > 0 } other ? new ContainerHook(watchtower, other, Limit(watchtower, text =>
            int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var minutes) ? TimeSpan.FromMinutes(minutes) : null,
            "a number of minutes")) : null;

        TimeSpan Limit(string label, Func<string, TimeSpan?> read, string form)
        {
            if (container.Label(label + TimeoutSuffix) is not { Length: > 0 } text)
            {
                return DefaultTimeout;
            }

            var limit = read(text) ?? throw new PatchException(PatchErrorCode.InvalidArgument, container.Name(),
                $"The label {label}{TimeoutSuffix} of the container {container.Name()} is '{text}', and not {form}.");
            return limit == TimeSpan.Zero ? System.Threading.Timeout.InfiniteTimeSpan : limit;
        }
    }

    private static string Lines(string output)
    {
        var lines = output.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).TakeLast(MaxLines);
        var text = string.Join(" / ", lines);
        return text.Length == 0 ? string.Empty : $" It wrote: {(text.Length > MaxText ? "..." + text[^MaxText..] : text)}";
    }
}
