using System.Reflection;
using System.Runtime.Loader;

namespace PatchContainers.PowerShell;

/// <summary>
/// The private context of PatchContainers.Platforms and its third-party code, made when a platform is first used. Another module's
/// YamlDotNet in the default context, loaded before or after, is another assembly.
/// </summary>
internal sealed class PlatformsLoadContext : AssemblyLoadContext
{
    private const string PlatformsName = "PatchContainers.Platforms";

    private static readonly Lazy<IPlatformProvider> Shared = new(CreateProvider);

    private readonly string _folder;

    private PlatformsLoadContext(string folder)
        : base(PlatformsName) => _folder = folder;

    /// <summary>The platforms. Made once in a process: assemblies cannot be loaded twice from a module that is imported again.</summary>
    public static IPlatformProvider Provider => Shared.Value;

    /// <inheritdoc/>
    protected override Assembly? Load(AssemblyName assemblyName)
    {
        // The file decides. Asking the runtime to resolve a name from here would ask here again, until the stack overflows.
        // Null hands the request to the default context: Core is there, and must not be loaded a second time.
        var file = Path.Combine(_folder, assemblyName.Name + ".dll");
        return File.Exists(file) ? LoadFromAssemblyPath(file) : null;
    }

    private static IPlatformProvider CreateProvider()
    {
        var home = Path.GetDirectoryName(typeof(PlatformsLoadContext).Assembly.Location)!;
        var file = Path.Combine(home, "platforms", PlatformsName + ".dll");
        if (!File.Exists(file))
        {
            throw new PatchException(PatchErrorCode.NotFound, file,
                $"The module is not complete: {file} is missing. Install PatchContainers again.");
        }

        var assembly = new PlatformsLoadContext(Path.GetDirectoryName(file)!).LoadFromAssemblyPath(file);
        var type = assembly.GetType(PlatformsName + ".PlatformProvider", throwOnError: true)!;
        return (IPlatformProvider)Activator.CreateInstance(type)!;
    }
}
