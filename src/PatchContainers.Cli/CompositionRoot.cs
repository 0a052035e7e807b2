using PatchContainers.Platforms;
using PatchContainers.Stores;

namespace PatchContainers.Cli;

/// <summary>Makes the services. The wiring is Core's; the platforms are this program's own.</summary>
internal static class CompositionRoot
{
    /// <exception cref="PatchException">The settings file cannot be used.</exception>
    public static PatchServices Create(string? statePath, string? stateStore, string? settingsFile, ImageStoreOptions stores,
        CliHost host) =>
        new(new PatchServicesOptions
        {
            State = new PatchState(string.IsNullOrEmpty(statePath) ? host.Environment(PatchState.HomeVariable) : statePath),
            StateStore = stateStore,
            SettingsFile = settingsFile,
            Stores = stores,
            Platforms = static () => new PlatformProvider(),
            TimeProvider = host.Time,
        });
}
