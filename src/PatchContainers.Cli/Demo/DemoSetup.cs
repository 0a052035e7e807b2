namespace PatchContainers.Cli.Demo;

/// <summary>Fills a workspace: settings, images, deployment files.</summary>
internal static class DemoSetup
{
    public static async Task WriteAsync(DemoWorkspace workspace, CliHost host, CancellationToken cancellationToken)
    {
        await File.WriteAllTextAsync(Path.Combine(workspace.State, PatchSettings.FileName), $$"""
            {
              "registryMap": { "{{DemoImages.Registry}}": "oci:../{{Path.GetFileName(workspace.Registry)}}" },
              "baseImages": [ "{{DemoImages.Base}}" ]
            }

            """, cancellationToken).ConfigureAwait(false);
        using var services = CompositionRoot.Create(workspace.State, null, null, new(), host);
        await new DemoImages(services.Store, workspace).WriteAsync(cancellationToken).ConfigureAwait(false);
        new DemoDeployment(workspace).Write();
    }
}
