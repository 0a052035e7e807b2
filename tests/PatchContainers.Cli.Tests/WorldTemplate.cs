using PatchContainers.Cli.Demo;
using PatchContainers.Cli.Tests;

[assembly: AssemblyFixture(typeof(WorldTemplate))]

namespace PatchContainers.Cli.Tests;

/// <summary>A workspace with its images, made once and copied for each test.</summary>
public sealed class WorldTemplate : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();

    public async ValueTask InitializeAsync()
    {
        var host = new CliHost { In = TextReader.Null, Out = TextWriter.Null, Error = TextWriter.Null, Environment = _ => null };
        var workspace = DemoWorkspace.Create(_folder["demo"], null);
        await DemoSetup.WriteAsync(workspace, host, TestContext.Current.CancellationToken);
    }

    /// <summary>Copies the workspace to a folder that is not there yet.</summary>
    public void CopyTo(string target)
    {
        foreach (var file in Directory.EnumerateFiles(_folder["demo"], "*", SearchOption.AllDirectories))
        {
            var copy = Path.Combine(target, Path.GetRelativePath(_folder["demo"], file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }
    }

    public ValueTask DisposeAsync()
    {
        _folder.Dispose();
        return ValueTask.CompletedTask;
    }
}
