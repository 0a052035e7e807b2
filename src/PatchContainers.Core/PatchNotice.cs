namespace PatchContainers;

/// <summary>
/// What a service says while it works, besides its results. Services take an <see cref="IProgress{T}"/> of notices; cmdlets
/// turn them into error records, warnings and progress bars, the CLI into lines on standard error.
/// </summary>
public abstract record PatchNotice
{
    private PatchNotice()
    {
    }

    /// <summary>One item failed; the others go on.</summary>
    /// <param name="Exception">What failed, on which object.</param>
    public sealed record Failure(PatchException Exception) : PatchNotice;

    /// <summary>Something a person should know; never dropped.</summary>
    /// <param name="Message">One sentence.</param>
    public sealed record Warning(string Message) : PatchNotice;

    /// <summary>A detail for whoever asks for details.</summary>
    /// <param name="Message">One sentence.</param>
    public sealed record Verbose(string Message) : PatchNotice;

    /// <summary>How far the work has come.</summary>
    /// <param name="Activity">What is being done, the same words throughout.</param>
    /// <param name="Status">The object at hand.</param>
    /// <param name="PercentComplete">0 to 100, or null where the end is not known.</param>
    public sealed record Progress(string Activity, string Status, int? PercentComplete) : PatchNotice;
}
