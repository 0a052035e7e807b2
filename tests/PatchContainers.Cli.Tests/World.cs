using System.Security.Cryptography;
using PatchContainers.Cli.Demo;

namespace PatchContainers.Cli.Tests;

/// <summary>A workspace as the demo makes it: a registry in a folder, four images, manifests in two rings, and a state folder with advisories.</summary>
internal sealed class World : IDisposable
{
    public const string Web = "registry.demo.example/shop/web:1.4";
    public const string Reports = "registry.demo.example/shop/reports:2.0";
    public const string Api = "registry.demo.example/shop/api:3.2";
    public const string Legacy = "registry.demo.example/shop/legacy:0.9";

    private readonly TemporaryFolder _folder = new();

    private World() => Workspace = DemoWorkspace.Create(_folder["demo"], null);

    public DemoWorkspace Workspace { get; }

    public string Root => Workspace.Root;

    public string Deploy => Workspace.Deploy;

    /// <summary>Runs command lines on this world's state.</summary>
    public CliRunner Cli => new() { StatePath = Workspace.State };

    public CliRunner Terminal => new() { StatePath = Workspace.State, IsTerminal = true };

    public static async Task<World> CreateAsync(bool withAdvisories = true)
    {
        var world = new World();
        await DemoSetup.WriteAsync(world.Workspace, new CliHost { In = TextReader.Null, Out = TextWriter.Null, Error = TextWriter.Null, Environment = _ => null },
            TestContext.Current.CancellationToken);
        if (withAdvisories)
        {
            Assert.Equal(ExitCode.Done, (await world.ImportAsync("2023-12")).ExitCode);
        }

        return world;
    }

    public Task<CliResult> ImportAsync(string month) => Cli.RunAsync("advisories", "update", "--path", Path.Combine(Workspace.Data, "advisories", month));

    /// <summary>What <c>stale | update</c> writes about the files.</summary>
    public async Task<string> UpdatesAsync() => (await Cli.PipeAsync((await Cli.RunAsync("stale", "--path", Deploy)).Output, "update")).Output;

    /// <summary>The hash of all names and bytes below a folder.</summary>
    public static string Hash(string folder)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var file in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        {
            hash.AppendData(System.Text.Encoding.UTF8.GetBytes(Path.GetRelativePath(folder, file) + "\n"));
            hash.AppendData(SHA256.HashData(File.ReadAllBytes(file)));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    public void Dispose() => _folder.Dispose();
}
