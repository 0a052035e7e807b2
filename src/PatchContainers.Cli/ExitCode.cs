namespace PatchContainers.Cli;

/// <summary>The exit codes of <c>patchcontainers</c>: a public contract, as the records are.</summary>
internal static class ExitCode
{
    /// <summary>Done. Also: there was nothing to do.</summary>
    public const int Done = 0;

    /// <summary>Nothing could be done, nothing was begun, or the history is damaged.</summary>
    public const int Failed = 1;

    /// <summary>The command line is not what it must be; nothing was done.</summary>
    public const int Usage = 2;

    /// <summary>A finding stands at or above <c>--fail-on</c>.</summary>
    public const int Findings = 3;

    /// <summary>A gate or a change of a rollout failed, and was handled as the plan says: put back, or frozen.</summary>
    public const int RolledBack = 4;

    /// <summary>A ring failed, and not everything was put back.</summary>
    public const int RollbackIncomplete = 5;

    /// <summary>
    /// Some items were done and some were not, an update was refused, a rollout waits, or <c>--fail-on</c> had nothing to judge; under
    /// <c>--strict</c> also: something is Unknown or Unassessed.
    /// </summary>
    public const int Partly = 6;

    /// <summary>Ctrl+C (128 + SIGINT, as shells say it). SIGTERM may give 143 instead.</summary>
    public const int Interrupted = 130;

    /// <summary>The reader of the output went away (128 + SIGPIPE, as shells say it).</summary>
    public const int OutputClosed = 141;
}
