namespace PatchContainers.Cli.Tests.Demo;

/// <summary>The demo, run once by the real executable in a folder of its own.</summary>
public sealed class DemoRun : IAsyncLifetime
{
    internal TemporaryFolder Folder { get; } = new();

    internal CliResult Result { get; private set; } = new(-1, string.Empty, string.Empty);

    public async ValueTask InitializeAsync() => Result = await CliProcess.RunAsync(Folder.Path, "demo");

    public ValueTask DisposeAsync()
    {
        Folder.Dispose();
        return ValueTask.CompletedTask;
    }
}
